"""Errors of the disk, as one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from host_tools.errors import MissingError


@contextlib.contextmanager
def reporting_disk_errors(path: Path) -> Iterator[None]:
    """Turn an OSError of the block, which leaves the old state, into a MissingError that says so."""
    try:
        yield
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}; nothing was changed") from error
