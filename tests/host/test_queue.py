"""The disk-backed queue: order, bounds, doubles, damage, and a kill at any moment."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from host_tools.errors import MissingError, ToolError
from host_tools.uplink.queue import Entry, Queue, QueueFullError

_WRITER = """
import sys
from host_tools.uplink.queue import Entry, Queue
queue = Queue(sys.argv[1])
sequence = queue.last("a", 1)
while True:
    queue.put_many([Entry("a", 1, sequence + i, "telemetry", b"x" * 300) for i in range(1, 6)])
    sequence += 5
    print(sequence, flush=True)
"""


def entries(first: int, last: int, device: str = "a", boot: int = 1) -> list[Entry]:
    return [Entry(device, boot, n, "telemetry", b"%d" % n) for n in range(first, last + 1)]


def sequences(queue: Queue, **where) -> list[int]:
    return [stored.entry.sequence for stored in queue.take(10_000, **where)]


def test_records_come_out_in_order_and_stay_until_done(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        queue.put_many(entries(1, 3))
        queue.put_many(entries(4, 5) + entries(1, 2, device="b"))
        assert sequences(queue, device="a") == [1, 2, 3, 4, 5]
        taken = queue.take(2)
        assert sequences(queue, device="a", after=taken[-1].id) == [3, 4, 5]
        queue.done([stored.id for stored in taken])
        assert sequences(queue, device="a") == [3, 4, 5]
        assert len(queue) == 5
    with Queue(tmp_path / "q.db") as again:
        assert sequences(again, device="a") == [3, 4, 5]


def test_duplicates_are_ignored_even_after_delivery(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        assert queue.put_many(entries(1, 10)) == 10
        assert queue.put_many(entries(5, 12)) == 2
        queue.done([stored.id for stored in queue.take(100)])
        assert queue.put_many(entries(1, 12)) == 0
        assert queue.put_many(entries(1, 12, boot=2)) == 12
        assert (queue.last("a", 1), queue.last("a", 2), queue.last("a", 3)) == (12, 12, 0)
        assert len(queue) == 12


def test_served_devices_outlast_the_process_and_are_in_files_of_earlier_releases(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        queue._db.execute("DROP TABLE served")
    with Queue(tmp_path / "q.db") as queue:
        assert queue.served() == []
        queue.mark_served(["b", "a", "c"])
        queue.mark_served(["a"], ["b"])
    with Queue(tmp_path / "q.db") as queue:
        assert queue.served() == ["a", "c"]


def test_done_twice_counts_once(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        queue.put_many(entries(1, 4))
        ids = [stored.id for stored in queue.take(2)]
        queue.done(ids)
        queue.done([*ids, 999_999])
        assert len(queue) == 2


def test_a_full_queue_stores_nothing_of_the_batch(tmp_path: Path):
    with Queue(tmp_path / "q.db", max_rows=10) as queue:
        queue.put_many(entries(1, 8))
        with pytest.raises(QueueFullError, match="is full"):
            queue.put_many(entries(9, 11))
        assert sequences(queue) == list(range(1, 9))
        queue.done([stored.id for stored in queue.take(1)])
        assert queue.put_many(entries(9, 11)) == 3


def test_marks_of_old_boots_are_bounded(tmp_path: Path):
    with Queue(tmp_path / "q.db") as queue:
        for boot in range(1, 101):
            queue.put_many(entries(1, 2, boot=boot))
        known = [boot for boot in range(1, 101) if queue.last("a", boot)]
        assert known == list(range(85, 101))


def test_the_version_shows_writes_of_other_connections(tmp_path: Path):
    with Queue(tmp_path / "q.db") as writer, Queue(tmp_path / "q.db", durable=False) as reader:
        before = reader.version()
        assert reader.version() == before
        writer.put_many(entries(1, 1))
        after = reader.version()
        assert after != before
        reader.done([stored.id for stored in reader.take(1)])
        assert reader.version() == after


def test_the_file_shrinks_once_it_is_empty(tmp_path: Path):
    path = tmp_path / "q.db"
    with Queue(path) as queue:
        queue.put_many([Entry("a", 1, n, "telemetry", b"x" * 1000) for n in range(1, 5001)])
        queue.done([stored.id for stored in queue.take(10_000)])
    assert path.stat().st_size < 200_000


@pytest.mark.parametrize("seed", range(6))
def test_what_was_confirmed_survives_sigkill(tmp_path: Path, seed: int):
    path = tmp_path / "q.db"
    confirmed = 0
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        confirmed = int(writer.stdout.readline())
        time.sleep(random.Random(seed).uniform(0.0, 0.05))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        for line in writer.stdout:
            if line.endswith("\n"):
                confirmed = int(line)
    with Queue(path) as queue:
        found = sequences(queue)
        assert len(queue) == len(found)
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= confirmed
        assert len(found) % 5 == 0  # a batch is whole or not there
        assert queue.last("a", 1) == len(found)


def test_damage_is_named_with_the_way_out(tmp_path: Path):
    path = tmp_path / "q.db"
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(ToolError, match=rf"{path} is damaged .*\(mv {path} {path}.damaged"):
        Queue(path)


def test_damage_in_the_middle_is_named_when_it_is_met(tmp_path: Path):
    path = tmp_path / "q.db"
    with Queue(path) as queue:
        queue.put_many([Entry("a", 1, n, "telemetry", b"x" * 500) for n in range(1, 500)])
    data = bytearray(path.read_bytes())
    data[8192:] = random.Random(1).randbytes(len(data) - 8192)
    path.write_bytes(data)
    with pytest.raises(ToolError, match="is damaged"), Queue(path) as queue:
        queue.take(1000)


def test_a_file_of_something_else_is_left_alone(tmp_path: Path):
    import sqlite3

    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE mine (x)")
    other.commit()
    other.close()
    with pytest.raises(ToolError, match="is not this version's"):
        Queue(path)


def test_a_missing_directory_is_named(tmp_path: Path):
    with pytest.raises(MissingError, match="directory does not exist"):
        Queue(tmp_path / "none" / "q.db")
