"""The store in PostgreSQL, where several processes work one fleet: each writes the controllers of its own shard."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from host_tools.errors import MissingError, ToolError
from twin.store.content import COARSE_S, HISTORY_ROWS, SCHEMA, Sample, State, shard_of
from twin.store.sqlite import check_version

_COLUMNS = ", ".join(Sample._fields[1:])
_TABLES = f"""
CREATE TABLE IF NOT EXISTS twin_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS twin_devices (
    id BIGSERIAL PRIMARY KEY, device TEXT NOT NULL UNIQUE, state BYTEA NOT NULL, heard_s DOUBLE PRECISION NOT NULL
);
CREATE TABLE IF NOT EXISTS twin_counts (kind TEXT, shard INTEGER, number BIGINT NOT NULL, PRIMARY KEY (kind, shard));
CREATE TABLE IF NOT EXISTS twin_kept (name TEXT PRIMARY KEY, value BYTEA NOT NULL);
CREATE TABLE IF NOT EXISTS twin_history (
    id BIGINT NOT NULL, at_s BIGINT NOT NULL,
    {", ".join(f"{name} DOUBLE PRECISION" for name in Sample._fields[2:])}, PRIMARY KEY (id, at_s)
);
"""
_PUT_STATE = (
    "INSERT INTO twin_devices (device, state, heard_s) SELECT * FROM unnest(%s::text[], %s::bytea[], %s::float8[])"
    " ON CONFLICT (device) DO UPDATE SET state = excluded.state, heard_s = excluded.heard_s"
)
_PUT_SAMPLE = (
    f"INSERT INTO twin_history (id, {_COLUMNS}) VALUES ((SELECT id FROM twin_devices WHERE device = %s)"
    f"{', %s' * (len(Sample._fields) - 1)}) ON CONFLICT DO NOTHING"
)
_LOCK = 0x67726964  # of this schema among the advisory locks of a database
_CONNECT_S = 10


class PostgresStore:
    """One connection.  url: postgresql://...; layout, read_only, history_rows: as of SqliteStore.

    shard: whose counts these are, so that no two processes wait for one row.
    Errors: MissingError where psycopg is not installed or the server is not there, ToolError as of SqliteStore.
    """

    def __init__(
        self,
        url: str,
        layout: str,
        *,
        read_only: bool = False,
        history_rows: int = HISTORY_ROWS,
        shard: int = 0,
    ) -> None:
        try:
            import psycopg
        except ImportError:
            raise MissingError("PostgreSQL needs psycopg: pip install 'gridkeel[cluster]'") from None
        self._errors = psycopg.Error
        self._name = url.rpartition("@")[2]  # without a password
        self._history_rows = history_rows
        self._shard = shard
        self._lock = threading.Lock()  # plans are kept by another thread than batches
        self._since_thinned = history_rows  # looked at once soon after the start
        try:
            self._db: Any = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_S)
        except self._errors as error:
            raise MissingError(f"store {self._name} cannot be reached: {' '.join(str(error).split())}") from None
        try:
            with self._errors_named():
                self._open(layout, read_only)
        except BaseException:
            self._db.close()
            raise

    def _open(self, layout: str, read_only: bool) -> None:
        if not read_only:
            with self._db.transaction():
                self._db.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))  # several begin at once
                self._db.execute(_TABLES)
                self._db.execute(
                    "INSERT INTO twin_meta VALUES ('schema', %s), ('layout', %s) ON CONFLICT DO NOTHING",
                    (str(SCHEMA), layout),
                )
        elif not self._value("SELECT to_regclass('twin_meta') IS NOT NULL"):
            raise ToolError(f"store {self._name} is no twin's store; `gridkeel twin run --store URL` makes it")
        found = dict(self._db.execute("SELECT name, value FROM twin_meta").fetchall())
        check_version(self._name, int(found["schema"]), layout, found["layout"])

    def load(self, shard: int = 0, shards: int = 1) -> list[State]:
        with self._errors_named():
            rows = self._db.execute("SELECT device, state, heard_s FROM twin_devices ORDER BY id").fetchall()
        return [
            (device, bytes(state), heard_s)
            for device, state, heard_s in rows
            if shards == 1 or shard_of(device, shards) == shard
        ]

    def commit(self, states: Iterable[State], samples: Iterable[Sample], counts: Mapping[str, int]) -> None:
        rows, kept = list(states), list(samples)
        with self._lock, self._errors_named(), self._db.transaction():
            if rows:
                self._db.execute(_PUT_STATE, tuple(list(column) for column in zip(*rows, strict=True)))
            if kept:
                with self._db.cursor() as cursor:
                    cursor.executemany(_PUT_SAMPLE, kept)
            for kind, number in counts.items():
                if number:
                    self._db.execute(
                        "INSERT INTO twin_counts VALUES (%s, %s, %s) ON CONFLICT (kind, shard)"
                        " DO UPDATE SET number = twin_counts.number + excluded.number",
                        (kind, self._shard, number),
                    )
        self._since_thinned += len(kept)
        if self._shard == 0 and self._since_thinned > self._history_rows // 20:
            self._since_thinned = 0
            with self._lock, self._errors_named(), self._db.transaction():
                self._thin()

    def _thin(self) -> None:
        """Leave one sample an hour of the older half; where that is not enough, the oldest go."""
        if self._value("SELECT count(*) FROM twin_history") <= self._history_rows:
            return
        half = self._history_rows // 2
        middle = self._value(f"SELECT at_s FROM twin_history ORDER BY at_s LIMIT 1 OFFSET {half}")
        self._db.execute(
            "DELETE FROM twin_history AS old WHERE at_s <= %s AND EXISTS (SELECT 1 FROM twin_history AS kept"
            " WHERE kept.id = old.id AND kept.at_s < old.at_s AND kept.at_s / %s = old.at_s / %s)",
            (middle, COARSE_S, COARSE_S),
        )
        left = self._value("SELECT count(*) FROM twin_history")
        most = self._history_rows * 9 // 10
        if left > most:
            last = self._value(f"SELECT at_s FROM twin_history ORDER BY at_s LIMIT 1 OFFSET {left - most - 1}")
            self._db.execute("DELETE FROM twin_history WHERE at_s <= %s", (last,))

    def keep(self, name: str, value: bytes) -> None:
        with self._lock, self._errors_named():
            self._db.execute(
                "INSERT INTO twin_kept VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def kept(self, name: str) -> bytes | None:
        with self._errors_named():
            row = self._db.execute("SELECT value FROM twin_kept WHERE name = %s", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def counts(self) -> dict[str, int]:
        with self._errors_named():
            rows = self._db.execute("SELECT kind, sum(number)::bigint FROM twin_counts GROUP BY kind ORDER BY kind")
            return dict(rows.fetchall())

    def history(self, device: str | None = None) -> Iterator[Sample]:
        where, values = ("WHERE device = %s", (device,)) if device is not None else ("", ())
        with self._errors_named(), self._db.transaction(), self._db.cursor(name="history") as cursor:
            cursor.execute(
                f"SELECT device, {_COLUMNS} FROM twin_history JOIN twin_devices USING (id) {where} ORDER BY id, at_s",
                values,
            )
            for row in cursor:
                yield Sample(*row)

    def bytes_used(self) -> int:
        with self._errors_named():
            return self._value(
                "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relname IN"
                " ('twin_devices', 'twin_history', 'twin_counts', 'twin_kept', 'twin_meta')"
            )

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> PostgresStore:
        return self

    def __exit__(self, *_details: object) -> None:
        self.close()

    def _value(self, sql: str) -> Any:
        return self._db.execute(sql).fetchone()[0]

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise ToolError(f"store {self._name} cannot be used: {' '.join(str(error).split())}") from error
