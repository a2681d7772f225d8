"""History as a table for other tools: CSV, or Parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable
from pathlib import Path

from host_tools.errors import MissingError, ToolError
from host_tools.files import cannot_write, write_atomic
from twin.store.content import Sample

_GROUP = 100_000  # samples of one row group
KINDS = (".csv", ".parquet")


def check(path: Path) -> None:
    """See whether a file of that name can be made.  Errors: ToolError, MissingError where pyarrow is not installed."""
    if path.suffix not in KINDS:
        raise ToolError(f"{path}: its name says no format; end it with {' or '.join(KINDS)}")
    if path.suffix == ".parquet":
        _pyarrow()


def write(path: Path, samples: Iterable[Sample]) -> int:
    """Write samples in the format that the file's name says; return how many.  Errors: as of `check`."""
    check(path)
    return _write_parquet(path, samples) if path.suffix == ".parquet" else _write_csv(path, samples)


def _write_csv(path: Path, samples: Iterable[Sample]) -> int:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Sample._fields)
    count = 0
    for sample in samples:
        writer.writerow(["" if value is None else value for value in sample])
        count += 1
    write_atomic(path, text.getvalue())
    return count


def _write_parquet(path: Path, samples: Iterable[Sample]) -> int:
    pa, pq = _pyarrow()
    kinds = {"device": pa.string(), "at_s": pa.int64()}
    schema = pa.schema([(name, kinds.get(name, pa.float64())) for name in Sample._fields])
    part = Path(f"{path}.part")
    count, rest = 0, iter(samples)
    try:
        with pq.ParquetWriter(part, schema) as writer:
            while group := list(itertools.islice(rest, _GROUP)):
                columns = zip(*group, strict=True)
                writer.write_table(
                    pa.table(
                        [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)],
                        schema=schema,
                    )
                )
                count += len(group)
        part.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _pyarrow():  # noqa: ANN202
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingError("Parquet needs pyarrow: pip install 'gridkeel[parquet]'; or export to .csv") from None
    return pyarrow, pyarrow.parquet
