"""What the disk does to a command, as one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from host_tools.errors import MissingError


@contextlib.contextmanager
def telling_of_the_disk(path: Path) -> Iterator[None]:
    """Turn an OSError of the block, which leaves the old state, into a MissingError that says so."""
    try:
        yield
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}; nothing was changed") from error
