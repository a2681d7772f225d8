"""What every SQLite file of ours has alike: transactions, and errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from host_tools.errors import ToolError


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done within, or nothing of it."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def errors_named(what: str, path: object, *, full: ToolError, lost: str) -> Iterator[None]:
    """Turn SQLite's errors into ToolErrors.

    what: names the file in them, as "queue".  full: raised where the disk is.  lost: what is, with a damaged file.
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if code.startswith("SQLITE_FULL"):
            raise full from error
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise ToolError(
                f"{what} {path} is damaged ({error}): move it aside (mv {path} {path}.damaged) and start again; {lost}"
            ) from error
        if code.startswith("SQLITE_BUSY"):
            raise ToolError(f"{what} {path} is held by another program ({error})") from error
        raise ToolError(f"{what} {path} cannot be used: {error}") from error
