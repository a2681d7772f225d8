"""Files of `gridkeel update`, read whole."""

from __future__ import annotations

from pathlib import Path

from host_tools.errors import MissingError, ToolError

_MOST = 1 << 24  # bytes: a hundred images


def read_release_file(path: Path) -> bytes:
    """Return a file's bytes.  Errors: MissingError, ToolError for one that is larger than any release."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > _MOST:
        raise ToolError(f"{path} is larger than any release: {_MOST:,} bytes at the most")
    return data
