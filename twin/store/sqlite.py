"""The store in a file: SQLite with a write-ahead log, the default."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from host_tools.errors import MissingError, ToolError
from host_tools.sqlite import errors_named, transaction
from twin.store.content import COARSE_S, HISTORY_ROWS, SCHEMA, Sample, State, shard_of

_BUSY_S = 30.0
_COLUMNS = ", ".join(Sample._fields[1:])
_TABLES = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE devices (id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL UNIQUE, state BLOB NOT NULL,
    heard_s REAL NOT NULL);
CREATE TABLE kept (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE counts (kind TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE history (
    id INTEGER NOT NULL, {_COLUMNS.replace("at_s", "at_s INTEGER NOT NULL")}, PRIMARY KEY (id, at_s)
) WITHOUT ROWID;
CREATE TABLE history_size (rows INTEGER NOT NULL);
INSERT INTO history_size VALUES (0);
PRAGMA user_version = {SCHEMA};
"""
_PUT_STATE = (
    "INSERT INTO devices (device, state, heard_s) VALUES (?, ?, ?)"
    " ON CONFLICT (device) DO UPDATE SET state = excluded.state, heard_s = excluded.heard_s"
)
_PUT_SAMPLE = (
    f"INSERT OR IGNORE INTO history (id, {_COLUMNS})"
    f" VALUES ((SELECT id FROM devices WHERE device = ?){', ?' * (len(Sample._fields) - 1)})"
)


class SqliteStore:
    """`with SqliteStore(path, layout) as store:`; one process writes a file.

    layout: which bytes a state is made of; a file of another layout is not used.  read_only: for looking at the file of
    a twin that runs.  history_rows: most samples kept.
    Errors: MissingError where the file is not there (read_only) or cannot be made, ToolError where it is another
    version's; all methods: ToolError naming the file.
    """

    def __init__(self, path: Path, layout: str, *, read_only: bool = False, history_rows: int = HISTORY_ROWS) -> None:
        self.path = path
        self._history_rows = history_rows
        self._lock = threading.Lock()  # plans are kept by another thread than batches
        if read_only and not path.is_file():
            raise MissingError(f"store {path}: no such file; `gridkeel twin run --store {path}` makes it")
        if not path.parent.is_dir():
            raise MissingError(f"store {path}: its directory does not exist; create it or choose another --store")
        with self._errors_named():
            target, is_uri = (f"file:{_quoted(path)}?mode=ro", True) if read_only else (str(path), False)
            self._db = sqlite3.connect(
                target, uri=is_uri, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
        try:
            with self._errors_named():
                self._open(layout, read_only)
        except BaseException:
            self._db.close()
            raise

    def _open(self, layout: str, read_only: bool) -> None:
        if not read_only:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            with self._transaction():
                if self._value("PRAGMA user_version") == 0 and self._value("SELECT count(*) FROM sqlite_master") == 0:
                    for statement in _TABLES.split(";"):
                        self._db.execute(statement)
                    self._db.execute("INSERT INTO meta VALUES ('layout', ?)", (layout,))
        version = self._value("PRAGMA user_version")
        if version == 0:
            raise ToolError(f"store {self.path} is no twin's store; choose another file")
        check_version(str(self.path), version, layout, self._value("SELECT value FROM meta WHERE name = 'layout'"))

    def load(self, shard: int = 0, shards: int = 1) -> list[State]:
        with self._errors_named():
            rows = self._db.execute("SELECT device, state, heard_s FROM devices ORDER BY id").fetchall()
        return [row for row in rows if shards == 1 or shard_of(row[0], shards) == shard]

    def commit(self, states: Iterable[State], samples: Iterable[Sample], counts: Mapping[str, int]) -> None:
        with self._lock, self._errors_named(), self._transaction():
            self._db.executemany(_PUT_STATE, states)
            before = self._db.total_changes
            self._db.executemany(_PUT_SAMPLE, samples)
            fresh = self._db.total_changes - before
            self._db.executemany(
                "INSERT INTO counts VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET number = number + excluded.number",
                [item for item in counts.items() if item[1]],
            )
            if fresh:
                self._db.execute("UPDATE history_size SET rows = rows + ?", (fresh,))
                if self._value("SELECT rows FROM history_size") > self._history_rows:
                    self._thin()

    def _thin(self) -> None:
        """Leave one sample an hour of the older half; where that is not enough, the oldest go."""
        middle = self._value(f"SELECT at_s FROM history ORDER BY at_s LIMIT 1 OFFSET {self._history_rows // 2}")
        self._db.execute(
            "DELETE FROM history WHERE at_s <= ?1 AND EXISTS (SELECT 1 FROM history AS kept WHERE kept.id = history.id"
            " AND kept.at_s < history.at_s AND kept.at_s / ?2 = history.at_s / ?2)",
            (middle, COARSE_S),
        )
        left = self._value("SELECT count(*) FROM history")
        most = self._history_rows * 9 // 10  # so that this does not come again with the next sample
        if left > most:
            last = self._value(f"SELECT at_s FROM history ORDER BY at_s LIMIT 1 OFFSET {left - most - 1}")
            self._db.execute("DELETE FROM history WHERE at_s <= ?", (last,))
        self._db.execute("UPDATE history_size SET rows = (SELECT count(*) FROM history)")

    def keep(self, name: str, value: bytes) -> None:
        with self._lock, self._errors_named(), self._transaction():
            self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, value))

    def kept(self, name: str) -> bytes | None:
        with self._errors_named():
            row = self._db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def counts(self) -> dict[str, int]:
        with self._errors_named():
            return dict(self._db.execute("SELECT kind, number FROM counts ORDER BY kind").fetchall())

    def history(self, device: str | None = None) -> Iterator[Sample]:
        where, values = ("WHERE device = ?", (device,)) if device is not None else ("", ())
        with self._errors_named():
            cursor = self._db.execute(
                f"SELECT device, {_COLUMNS} FROM history JOIN devices USING (id) {where} ORDER BY id, at_s", values
            )
            for row in cursor:
                yield Sample(*row)

    def bytes_used(self) -> int:
        return sum(path.stat().st_size for path in (self.path, Path(f"{self.path}-wal")) if path.is_file())

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def _value(self, sql: str) -> Any:
        return self._db.execute(sql).fetchone()[0]

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction(self._db)

    def _errors_named(self) -> AbstractContextManager[None]:
        full = ToolError(f"store {self.path}: the disk is full; the broker keeps what comes")
        return errors_named("store", self.path, full=full, lost="every battery's estimate begins anew")


def check_version(name: str, schema: int, layout: str, found: str) -> None:
    """Errors: ToolError where a store is another version's."""
    if schema > SCHEMA:
        raise ToolError(
            f"store {name} was written by a newer gridkeel (schema {schema}, this one knows {SCHEMA}): update gridkeel"
            " or choose another --store"
        )
    if schema != SCHEMA:
        raise ToolError(f"store {name} has schema {schema}, this gridkeel wants {SCHEMA}: choose another --store")
    if found != layout:
        raise ToolError(
            f"store {name} holds states of another estimator ({found}, this one makes {layout}): export its history"
            " with the gridkeel that wrote it and choose another --store"
        )


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))
