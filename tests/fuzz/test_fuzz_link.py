"""A million seeded bytes into each end of the link: nothing stops, nothing grows, every drop is counted."""

from __future__ import annotations

import json
import random
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from struct import pack
from zlib import crc32

import pytest

from gridkeel.link import backend, frames, message_ids, table
from gridkeel.link.device import DeviceLink
from gridkeel.link.download import Download
from host_tools.link import layouts
from host_tools.link.codec import decode_frame, encode_frame
from host_tools.link.events import Asked, Gap, Record
from host_tools.link.host import HostLink
from host_tools.micropython.interpreter import HEAP_BYTES, argv

SIZE = 1_000_000
BOOT = 3
SESSION = 0x01020304
FIRMWARE = Path(__file__).parents[2] / "firmware"
DEVICE_SIZES = {frames.ACK: 9, frames.OPEN: 14, frames.TABLE_GET: 3}
ANSWER = bytes(range(200))


def body_for_device(rng: random.Random, _sent: int) -> bytes:
    return rng.choice(
        (
            layouts.query(),
            layouts.open_link(SESSION, BOOT, rng.randrange(40)),
            layouts.ack(SESSION, rng.choice((0, rng.randrange(40), rng.getrandbits(32)))),
            layouts.command(SESSION, rng.randrange(256), rng.randbytes(rng.randrange(30))),
            layouts.command(SESSION, message_ids.SETPOINT, rng.randbytes(10)),
            layouts.table_get(rng.randrange(5000)),
            *(_exchange(rng) for _ in range(4)),
            *(_download(rng) for _ in range(2)),
            rng.randbytes(rng.randrange(1, frames.BODY_MAX)),
        )
    )


def _exchange(rng: random.Random) -> bytes:
    """Return a frame of an answer, mostly sound enough that now and then a whole one arrives."""
    session = rng.choice((SESSION,) * 9 + (SESSION ^ 1,))
    number = rng.choice((1, 1, 1, 2))
    offset = rng.choice((0, frames.EXCHANGE_PART_MAX, frames.EXCHANGE_PART_MAX, rng.randrange(0x10000)))
    part = ANSWER[offset : offset + frames.EXCHANGE_PART_MAX] or b"?"
    size = rng.choice((len(ANSWER), len(ANSWER), len(ANSWER), rng.randrange(0x10000)))
    return rng.choice(
        (
            layouts.ask_want(session, number, rng.choice((0, 500, offset)), rng.random() < 0.5),
            layouts.answer(session, number, int(rng.random() < 0.1), size, crc32(ANSWER)),
            layouts.answer_part(session, number, offset, part),
        )
    )


def _download(rng: random.Random) -> bytes:
    """Return a frame of a stream, mostly of the one that is offered."""
    session = rng.choice((SESSION,) * 9 + (SESSION ^ 1,))
    number, at = rng.choice((1, 1, 1, 2)), rng.choice((0, frames.UPDATE_PART_MAX, rng.getrandbits(32)))
    if rng.random() < 0.3:
        return layouts.update_offer(session, number, rng.choice((300, 300, rng.getrandbits(32))))
    return layouts.update_part(session, number, at, ANSWER[: rng.choice((1, frames.UPDATE_PART_MAX))])


def body_for_host(rng: random.Random, sent: int) -> bytes:
    kind = rng.choice((frames.HELLO, frames.TABLE_PART, rng.randrange(3, 256)))
    following = sent // 4 + 1  # advances as a device's would, so that records are taken, repeated and lost
    text = table.text()
    hello = (frames.HELLO, 1, BOOT, SESSION, table.table_hash(text), len(text), following, following, 0)
    return rng.choice(
        (
            pack(frames.HELLO_HEAD, *hello) + b"\x04fuzz\x050.2.0",
            pack(frames.RECORD_HEAD, frames.RECORD, message_ids.FAULT_EVENT, following, rng.randrange(3))
            + rng.randbytes(10),
            bytes((frames.RECORD,)) + rng.randbytes(rng.randrange(7)),  # one too short: a whole one would be believed
            bytes((kind, rng.choice((1, 1, 1, rng.randrange(256))))) + rng.randbytes(rng.randrange(100)),
            pack(frames.ASK_LAYOUT, frames.ASK, sent // 64 + 1, sent // 64 % 2, len(ANSWER), crc32(ANSWER)),
            pack(frames.ASK_PART_HEAD, frames.ASK_PART, sent // 64 + 1, 0) + ANSWER[: frames.EXCHANGE_PART_MAX],
            pack(frames.ASK_PART_HEAD, frames.ASK_PART, sent // 64 + 1, frames.EXCHANGE_PART_MAX)
            + ANSWER[frames.EXCHANGE_PART_MAX :],
            pack(frames.ANSWER_WANT_LAYOUT, frames.ANSWER_WANT, sent // 64 + 1, rng.choice((0, 112, 200)), 0),
        )
    )


def stream(seed: int, body: Callable[[random.Random, int], bytes]) -> bytes:
    """Noise of many kinds, sound frames among it, and sound frames with a byte changed, lost or doubled."""
    rng = random.Random(seed)
    out = bytearray()
    sent = 0
    while len(out) < SIZE:
        sent += 1
        kind = rng.randrange(6)
        frame = bytearray(encode_frame(body(rng, sent)))
        if kind == 0:
            out += rng.randbytes(rng.randrange(1, 400))
        elif kind == 1:
            out += bytes((rng.randrange(1, 256),)) * rng.randrange(1, 400)
        elif kind == 2:
            frame[rng.randrange(len(frame))] = rng.randrange(256)
            out += frame
        elif kind == 3:
            del frame[rng.randrange(len(frame))]
            out += frame
        else:
            out += frame
    return bytes(out[: SIZE - 1]) + b"\0"


def expected_errors(data: bytes) -> int:
    """Count what a device has to throw away, from the stream alone."""
    errors = 0
    for run in filter(None, data.split(b"\0")):
        body = decode_frame(run) if len(run) <= frames.ENCODED_MAX else None
        errors += body is None or not _fits(body)
    return errors


def _fits(body: bytes) -> bool:
    if body[0] == frames.QUERY:
        return len(body) >= 2
    if body[0] == frames.COMMAND:
        return len(body) >= 8 and body[6:8] != b"\0\0"
    if body[0] in (frames.ASK_WANT, frames.ANSWER, frames.ANSWER_PART, frames.UPDATE_OFFER, frames.UPDATE_PART):
        return len(body) >= 7  # what is not of the session, as noise is not, is ignored before its size counts
    return DEVICE_SIZES.get(body[0]) == len(body)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_device_counts_and_survives_a_million_bytes(seed: int) -> None:
    data = stream(seed, body_for_device)
    asker = backend.Backend()
    link = DeviceLink(b"fuzz", BOOT, backend=asker)
    download = Download()
    link.attach(download)
    used = 0
    out = bytearray(512)
    taken = answered = failed = 0
    grown = []
    tracemalloc.start()
    for at in range(0, len(data), 250):
        chunk = data[at : at + 250]
        now_ms = at // 11 & 0x3FFFFFFF
        link.receive(chunk, len(chunk), now_ms)
        link.on_deadline(now_ms)
        link.data_to_send(out, now_ms)
        if asker.state in (backend.IDLE, backend.DONE, backend.FAILED):
            answered += asker.answer == ANSWER
            failed += asker.failed
            asker._number = 0  # the stream knows the first numbers alone
            asker.ask(backend.KINDS[0], data[:600], bytearray(frames.EXCHANGE_MAX), now_ms)
        waiting = len(download.waiting())
        if waiting:
            used += waiting
            download.use(waiting, now_ms)
        command = link.next_command()
        while command is not None:
            taken += 1
            link.answer(command[1][0], 0)
            command = link.next_command()
        if at in (100_000, 900_000):
            grown.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert link.errors == expected_errors(data)
    assert link.errors > 5000
    assert link.ignored > 100
    assert taken > 100
    assert answered > 10 and failed > 10
    assert used > 100
    assert grown[1] - grown[0] < 4096
    assert link.produced == link.acked + link.dropped + (link._ring.next - link._ring.oldest)


@pytest.mark.parametrize("seed", [3, 4])
def test_the_host_counts_and_survives_a_million_bytes(seed: int) -> None:
    data = stream(seed, body_for_host)
    host = HostLink(session=SESSION)
    records = gaps = 0
    asked = []
    grown = []
    tracemalloc.start()
    for at in range(0, len(data), 250):
        now_s = at / 11_000
        host.receive(data[at : at + 250], now_s)
        if host.deadline() <= now_s:
            host.on_deadline(now_s)
        for event in host.events():
            records += isinstance(event, Record)
            gaps += isinstance(event, Gap)
            if isinstance(event, Asked):
                assert event.data == ANSWER
                asked.append(event.number)
                host.answer(event.number, ANSWER)
        host.data_to_send()
        if at in (100_000, 900_000):
            grown.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    runs = list(filter(None, data.split(b"\0")))
    sound = [run for run in runs if len(run) <= frames.ENCODED_MAX and decode_frame(run) is not None]
    assert host.damaged == len(runs) - len(sound)
    assert 0 < host.errors <= len(sound)
    assert records > 0
    assert gaps > 0
    assert len(asked) > 20 and len(set(asked)) == len(asked)
    assert grown[1] - grown[0] < 65536


SCRIPT = """
import gc, json, sys
sys.path[:] = [{firmware!r}]
import micropython
from gridkeel.link.backend import Backend
from gridkeel.link.device import DeviceLink
from gridkeel.link.download import Download
link = DeviceLink(b"fuzz", {boot}, backend=Backend())
out = bytearray(512)
chunk = bytearray(250)
stream = open({path!r}, "rb")
allocated = []
now_ms = 0
rounds = 0
n = stream.readinto(chunk)
while n:
    now_ms += 22
    micropython.heap_lock()
    link.receive(chunk, n, now_ms)
    link.on_deadline(now_ms)
    link.data_to_send(out, now_ms)
    micropython.heap_unlock()
    command = link.next_command()
    while command is not None:
        link.answer(command[1][0], 0)
        command = link.next_command()
    rounds += 1
    if rounds in (400, 3600):
        command = None
        gc.collect()
        allocated.append(gc.mem_alloc())
    n = stream.readinto(chunk)
print(json.dumps([link.errors, link.ignored, link.produced, allocated]))
"""


def test_the_device_on_micropython_counts_and_survives_a_million_bytes(tmp_path: Path) -> None:
    data = stream(1, body_for_device)
    path = tmp_path / "stream"
    path.write_bytes(data)
    script = tmp_path / "fuzz.py"
    script.write_text(SCRIPT.format(firmware=str(FIRMWARE), boot=BOOT, path=str(path)))
    done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    errors, ignored, produced, (early, late) = json.loads(done.stdout.splitlines()[-1])
    assert errors == expected_errors(data)
    assert ignored > 100
    assert produced > 100
    assert late - early <= 1024  # bytes of garbage the last round left, over 800,000 bytes of input
