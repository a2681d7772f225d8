"""Opens the store that a name means: a file of SQLite, or a PostgreSQL database."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from host_tools.errors import ToolError
from host_tools.files import cannot_write
from twin.store.content import HISTORY_ROWS, Store
from twin.store.sqlite import SqliteStore

_URLS = ("postgresql://", "postgres://")


def is_server(name: str) -> bool:
    """Return whether a name is the address of a database server."""
    return name.startswith(_URLS)


@contextlib.contextmanager
def opened(name: str, layout: str, *, read_only: bool = False, history_rows: int = HISTORY_ROWS) -> Iterator[Store]:
    """Open a store; a file that is written is this process's alone meanwhile.

    Errors: ToolError or MissingError naming it, as of its class, or where another twin has it.
    """
    if is_server(name):
        from twin.store.postgres import PostgresStore

        store: Store = PostgresStore(name, layout, read_only=read_only, history_rows=history_rows)
        try:
            yield store
        finally:
            store.close()
        return
    path = Path(name)
    with contextlib.ExitStack() as stack:
        if not read_only:
            stack.enter_context(_held(path))
        store = SqliteStore(path, layout, read_only=read_only, history_rows=history_rows)
        stack.callback(store.close)
        yield store


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    lock = Path(f"{path}.lock")
    try:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise cannot_write(lock, error) from None
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ToolError(f"store {path} is used by another twin: stop it or choose another --store") from None
        yield
    finally:
        os.close(handle)
