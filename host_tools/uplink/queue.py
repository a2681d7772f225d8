"""The disk-backed queue between the links and the broker.

A record is acknowledged to its device only once `put_many` has returned, and leaves the queue only once the broker has
acknowledged it, so a kill or a power cut at any moment loses nothing. What is doubled is known by (device, boot,
sequence): a device numbers its records upwards within a boot, so one mark for each boot covers even records that have
left the queue already.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from host_tools.errors import MissingError, ToolError
from host_tools.sqlite import errors_named, transaction

DEFAULT_MAX_ROWS = 1_000_000  # 28 hours of one controller at 10 records a second, about 0.7 GB
_VERSION = 1
_BUSY_S = 30.0
_VACUUM_PAGES = 10_000  # given back to the disk at a time, 40 MB: a pause of a fraction of a second
_MARKS_KEPT = 16  # boots remembered for each device

_SCHEMA = f"""
PRAGMA user_version = {_VERSION};
CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL, boot INTEGER NOT NULL, sequence INTEGER NOT NULL,
    leaf TEXT NOT NULL, payload BLOB NOT NULL,
    UNIQUE (device, boot, sequence)
);
CREATE INDEX records_by_device ON records (device, id);
CREATE TABLE marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL, boot INTEGER NOT NULL, sequence INTEGER NOT NULL,
    UNIQUE (device, boot)
);
CREATE TABLE size (rows INTEGER NOT NULL);
INSERT INTO size VALUES (0);
"""
# Devices whose retained status says `online` by our word; made in files of earlier releases too.
_SERVED = "CREATE TABLE IF NOT EXISTS served (device TEXT PRIMARY KEY) WITHOUT ROWID"


class QueueFullError(ToolError):
    """No room: nothing of the batch was stored, and the device must keep it."""


class Entry(NamedTuple):
    """One record on its way: `leaf` is the last level of its topic, `payload` the JSON that is published."""

    device: str
    boot: int
    sequence: int
    leaf: str
    payload: bytes


class Stored(NamedTuple):
    """An entry with its place in the queue; ids rise and are never used again."""

    id: int
    entry: Entry


class Queue:
    """One connection to the queue file; threads may share it, processes and the publisher open their own.

    durable: False spares the disk flush of a commit. Right for the side that only deletes, since a deletion lost in a
    power cut is a message sent twice; wrong for the side that acknowledges to a device.
    Errors of all methods: ToolError naming the file where it is damaged or cannot be used.
    """

    def __init__(self, path: Path | str, *, max_rows: int = DEFAULT_MAX_ROWS, durable: bool = True) -> None:
        self.path = Path(path)
        self.max_rows = max_rows
        self._lock = threading.Lock()
        if not self.path.parent.is_dir():
            raise MissingError(f"queue {self.path}: its directory does not exist; create it or choose another --queue")
        with self._errors_named():
            self._db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            with self._errors_named():
                self._open(durable)
        except BaseException:
            self._db.close()
            raise

    def _open(self, durable: bool) -> None:
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes effect in a new file alone
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        with self._transaction():
            version = self._value("PRAGMA user_version")
            if version == 0 and self._value("SELECT count(*) FROM sqlite_master") == 0:
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
            elif version != _VERSION:
                raise ToolError(f"queue {self.path} is not this version's (its mark is {version}); choose another file")
            self._db.execute(_SERVED)

    def put_many(self, entries: Iterable[Entry]) -> int:
        """Store a batch in one transaction; return how many were new.  Errors: QueueFullError, nothing stored."""
        batch = sorted(entries, key=_device_and_boot)
        with self._lock, self._errors_named(), self._transaction():
            if self._value("SELECT rows FROM size") + len(batch) > self.max_rows:
                raise QueueFullError(
                    f"queue {self.path} is full ({self.max_rows} records): devices keep their own until the broker"
                    " takes some, or raise --queue-max"
                )
            fresh = sum(
                self._put_boot(device, boot, group) for (device, boot), group in groupby(batch, _device_and_boot)
            )
            self._db.execute("UPDATE size SET rows = rows + ?", (fresh,))
        return fresh

    def _put_boot(self, device: str, boot: int, entries: Iterable[Entry]) -> int:
        mark = self._mark(device, boot)
        fresh = [entry for entry in entries if mark is None or entry.sequence > mark]
        if not fresh:
            return 0
        cursor = self._db.executemany(
            "INSERT OR IGNORE INTO records (device, boot, sequence, leaf, payload) VALUES (?, ?, ?, ?, ?)", fresh
        )
        self._db.execute(
            "INSERT INTO marks (device, boot, sequence) VALUES (?, ?, ?)"
            " ON CONFLICT (device, boot) DO UPDATE SET sequence = excluded.sequence",
            (device, boot, max(entry.sequence for entry in fresh)),
        )
        if mark is None:
            self._db.execute(
                "DELETE FROM marks WHERE device = ?1 AND id NOT IN"
                " (SELECT id FROM marks WHERE device = ?1 ORDER BY id DESC LIMIT ?2)",
                (device, _MARKS_KEPT),
            )
        return cursor.rowcount

    def take(self, limit: int, *, device: str | None = None, after: int = 0) -> list[Stored]:
        """Return up to `limit` records in the order they came, ids over `after`; they stay until `done`."""
        where, values = ("device = ? AND ", (device,)) if device is not None else ("", ())
        with self._lock, self._errors_named():
            rows = self._db.execute(
                f"SELECT id, device, boot, sequence, leaf, payload FROM records WHERE {where}id > ?"
                " ORDER BY id LIMIT ?",
                (*values, after, limit),
            ).fetchall()
        return [Stored(row[0], Entry(*row[1:])) for row in rows]

    def done(self, ids: Iterable[int]) -> None:
        """Delete what the broker has; ids no longer there are ignored."""
        with self._lock, self._errors_named():
            with self._transaction():
                cursor = self._db.executemany("DELETE FROM records WHERE id = ?", [(number,) for number in ids])
                self._db.execute("UPDATE size SET rows = rows - ?", (max(cursor.rowcount, 0),))
                empty = self._value("SELECT rows FROM size") == 0
            if empty:
                # A script, because execute() would step once and give back a single page.
                self._db.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})")

    def last(self, device: str, boot: int) -> int:
        """Return the highest sequence of a boot that was ever stored, 0 for none."""
        with self._lock, self._errors_named():
            return self._mark(device, boot) or 0

    def served(self) -> list[str]:
        """Return the devices that were marked as served and not unmarked since."""
        with self._lock, self._errors_named():
            return [row[0] for row in self._db.execute("SELECT device FROM served ORDER BY device").fetchall()]

    def mark_served(self, served: Iterable[str], unserved: Iterable[str] = ()) -> None:
        """Take note, beyond this process, of devices that are said to be online, and of those that no longer are."""
        with self._lock, self._errors_named(), self._transaction():
            self._db.executemany("INSERT OR IGNORE INTO served VALUES (?)", [(device,) for device in served])
            self._db.executemany("DELETE FROM served WHERE device = ?", [(device,) for device in unserved])

    def version(self) -> int:
        """Return a number that changes whenever another connection has changed the file; cheap enough to poll."""
        with self._lock, self._errors_named():
            return self._value("PRAGMA data_version")

    def __len__(self) -> int:
        with self._lock, self._errors_named():
            return self._value("SELECT rows FROM size")

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def _mark(self, device: str, boot: int) -> int | None:
        row = self._db.execute("SELECT sequence FROM marks WHERE device = ? AND boot = ?", (device, boot)).fetchone()
        return None if row is None else row[0]

    def _value(self, sql: str, values: tuple = ()) -> int:
        return self._db.execute(sql, values).fetchone()[0]

    def _transaction(self) -> AbstractContextManager[None]:
        return transaction(self._db)

    def _errors_named(self) -> AbstractContextManager[None]:
        full = QueueFullError(f"queue {self.path}: the disk is full; devices keep their own records")
        return errors_named("queue", self.path, full=full, lost="what it held undelivered is lost")


def _device_and_boot(entry: Entry) -> tuple[str, int]:
    return entry.device, entry.boot
