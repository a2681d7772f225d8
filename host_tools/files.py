"""Files that a command writes: whole or not at all, or one line that says why not."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path

from host_tools.errors import MissingError

STDOUT = "-"  # in the place of a file's name


def is_stdout(path: Path | str | None) -> bool:
    """Whether a name given for a file means standard output."""
    return path is not None and str(path) == STDOUT


def write_atomic(path: Path | str, text: str) -> None:
    """Write a text to standard output (-), into a device or pipe, or as a file that appears whole.

    Errors: MissingError where it cannot be written; what was there before is still there.
    """
    if is_stdout(path):
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    path = Path(path)
    try:
        if _is_special(path):
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path, text)
    except OSError as error:
        raise cannot_write(path, error) from None


def check_writable(*paths: Path | str | None) -> None:
    """See before a long run that its files can be written afterwards; changes nothing.  Errors: MissingError."""
    for path in paths:
        if path is None or is_stdout(path):
            continue
        path = Path(path)
        try:
            if path.is_dir():
                raise IsADirectoryError(0, "is a folder, a file is wanted")
            if not _is_special(path):
                with tempfile.TemporaryFile(dir=_nearest(path.parent)):
                    pass
        except OSError as error:
            raise cannot_write(path, error) from None


def _nearest(folder: Path) -> Path:
    """Return the folder or, where it is still to be made, the nearest one above that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def check_folder(path: Path) -> None:
    """See before a long run that files can be made in a folder.  Errors: MissingError."""
    check_writable(path / "report.html")


def cannot_write(path: Path | str, error: OSError) -> MissingError:
    return MissingError(f"cannot write {path}: {error.strerror or error}")


def _is_special(path: Path) -> bool:
    """A device, pipe or socket: it is written into, never replaced."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _replace(path: Path, text: str) -> None:
    """Write beside the target and rename, so that a reader sees the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(0, "is a folder, a file is wanted")
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
