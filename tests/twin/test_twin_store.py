"""The store: all or nothing, versioned, bounded, exported."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest

from host_tools.errors import MissingError, ToolError
from twin.store import export
from twin.store.content import FINE_S, SCHEMA, Sample
from twin.store.opening import opened
from twin.store.sqlite import SqliteStore


def sample(device: str, at_s: int, soc: float = 0.5) -> Sample:
    return Sample(device, at_s, soc, soc - 0.1, soc + 0.1, 25.0, 0.08, 160.0, 7000.0, 100.0, None)


def test_states_counts_and_samples_come_back_as_they_went(tmp_path: Path) -> None:
    path = tmp_path / "twin.db"
    with SqliteStore(path, "a") as store:
        store.commit([("gk-2", b"two", 1.0), ("gk-1", b"one", 1.5)], [sample("gk-1", 300)], {"json": 2})
        store.commit([("gk-2", b"TWO", 2.0)], [sample("gk-1", 300, 0.9), sample("gk-2", 300)], {"json": 1, "range": 0})
        store.keep("plan", b"1")
        store.keep("plan", b"2")
    with SqliteStore(path, "a") as store:
        assert store.load() == [("gk-2", b"TWO", 2.0), ("gk-1", b"one", 1.5)]
        assert store.counts() == {"json": 3}
        assert list(store.history()) == [sample("gk-2", 300), sample("gk-1", 300)]
        assert list(store.history("gk-1")) == [sample("gk-1", 300)]
        assert store.kept("plan") == b"2" and store.kept("other") is None


def test_shards_share_the_controllers_among_them(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "twin.db", "a") as store:
        store.commit([(f"gk-{i}", b"", 0.0) for i in range(50)], [], {})
        parts = [{name for name, *_ in store.load(shard, 3)} for shard in range(3)]
        assert all(parts) and sum(map(len, parts)) == 50 and len(set.union(*parts)) == 50


def test_a_batch_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "twin.db", "a") as store:
        store.commit([("gk-1", b"one", 1.0)], [], {"json": 1})
        with pytest.raises(ToolError, match="twin.db"):
            store.commit([("gk-1", b"two", 1.0), (None, b"", 1.0)], [], {"json": 1})  # type: ignore[list-item]
        assert store.load() == [("gk-1", b"one", 1.0)] and store.counts() == {"json": 1}


def test_a_newer_schema_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "twin.db"
    SqliteStore(path, "a").close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    database.commit()
    database.close()
    with pytest.raises(ToolError, match=f"newer gridkeel .schema {SCHEMA + 1}, this one knows {SCHEMA}.*update"):
        SqliteStore(path, "a")


def test_states_of_another_layout_are_not_read(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "twin.db", "0-abc").close()
    with pytest.raises(ToolError, match="another estimator.*--store"):
        SqliteStore(tmp_path / "twin.db", "1-def")


def test_what_is_no_store_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_bytes(b"not a database, and long enough to be looked at" * 100)
    with pytest.raises(ToolError, match="text.db is damaged"):
        SqliteStore(text, "a")
    other = tmp_path / "other.db"
    database = sqlite3.connect(other)
    database.execute("CREATE TABLE t (x)")
    database.commit()
    database.close()
    with pytest.raises(ToolError, match="other.db is no twin's store"):
        SqliteStore(other, "a")
    with pytest.raises(MissingError, match="directory does not exist"):
        SqliteStore(tmp_path / "nowhere" / "twin.db", "a")
    with pytest.raises(MissingError, match="no such file"):
        SqliteStore(tmp_path / "none.db", "a", read_only=True)


def test_two_twins_do_not_write_one_file(tmp_path: Path) -> None:
    name = str(tmp_path / "twin.db")
    with opened(name, "a"):
        with pytest.raises(ToolError, match="used by another twin"), opened(name, "a"):
            pass
        with opened(name, "a", read_only=True) as store:
            assert store.load() == []


def test_history_is_bounded_and_the_older_half_thinned_first(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "twin.db", "a", history_rows=1000) as store:
        store.commit([("gk-1", b"", 0.0), ("gk-2", b"", 0.0)], [], {})
        for first in range(0, 5000, 25):
            instants = [number * FINE_S for number in range(first, first + 25)]
            store.commit([], [sample(name, at_s) for at_s in instants for name in ("gk-1", "gk-2")], {})
        times = [one.at_s for one in store.history("gk-1")]
    assert len(times) <= 500
    assert times[-1] == 4999 * FINE_S and times[-20:] == [number * FINE_S for number in range(4980, 5000)]
    old = times[: len(times) // 4]
    assert len({at_s // 3600 for at_s in old}) == len(old), "one an hour is left of the oldest"


def test_history_becomes_csv_and_parquet(tmp_path: Path) -> None:
    samples = [sample("gk-1", 300), sample("gk-1", 600, 0.6)]
    assert export.write(tmp_path / "h.csv", samples) == 2
    with (tmp_path / "h.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["soc"] for row in rows] == ["0.5", "0.6"] and rows[0]["energy_out_wh"] == ""
    assert export.write(tmp_path / "h.parquet", samples) == 2
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(tmp_path / "h.parquet").to_pylist()
    assert [Sample(**row) for row in table] == samples
    assert export.write(tmp_path / "none.parquet", []) == 0
    with pytest.raises(ToolError, match="csv or .parquet"):
        export.write(tmp_path / "h.txt", samples)
