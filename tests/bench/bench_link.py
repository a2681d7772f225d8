"""Cost of a telemetry record at both ends of the link, against the least anybody could spend, in the same run.

The least is one C call for the CRC, one for the row and one pass over the bytes: no COBS, no sequence, no ring.
Run it by hand: python tests/bench/bench_link.py
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zlib import crc32

from gridkeel.link import frames, message_ids, messages, table
from gridkeel.link.device import DeviceLink
from host_tools.link.codec import encode_frame
from host_tools.link.host import HostLink
from host_tools.micropython.interpreter import HEAP_BYTES, argv

FIRMWARE = Path(__file__).parents[2] / "firmware"
FIELDS = messages.fields_of(message_ids.TELEMETRY)
ROW = struct.Struct(messages.format_of(FIELDS))
VALUES = [7] * len(FIELDS)
SESSION = 5
RECORDS = 20_000
FRAMES_ON_DEVICE = 2000

ON_DEVICE = """
import binascii, struct, time
from gridkeel.link import framing, messages
from gridkeel.link.device import DeviceLink
def per_second(work):
    work()
    start = time.ticks_us()
    work()
    return FRAMES * 1e6 / time.ticks_diff(time.ticks_us(), start)
fields = messages.fields_of(message_ids.TELEMETRY)
values = [7] * len(fields)
layout = messages.format_of(fields)
row = bytearray(struct.calcsize(layout) + 12)
out = bytearray(256)
link = DeviceLink(b"bench", 1)
link.receive(OPEN, len(OPEN), 0)
link.data_to_send(out, 0)
def ours():
    for k in range(FRAMES):
        link.post(message_ids.TELEMETRY, values)
        link._ring.sent = link._ring.oldest = link._ring.next - 1
        link.data_to_send(out, 0)
def least():
    for k in range(FRAMES):
        struct.pack_into(layout, row, 8, *values)
        binascii.crc32(row)
def receiving():
    for k in range(FRAMES):
        link.receive(ACK, len(ACK), 0)
def least_receiving():
    for k in range(FRAMES):
        for i in range(len(ACK)):
            ACK[i]
        binascii.crc32(ACK)
print(per_second(ours), per_second(least), per_second(receiving), per_second(least_receiving))
"""


def per_second(count: int, work: Callable[[], object], repeats: int = 3) -> float:
    """Return the best rate over some repeats."""
    best = 0.0
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        best = max(best, count / (time.perf_counter() - start))
    return best


def open_frame(session: int) -> bytes:
    return encode_frame(struct.pack(frames.OPEN_LAYOUT, frames.OPEN, frames.VERSION, session, 1, 0))


def host_rates() -> tuple[float, float]:
    """Return records decoded a second by HostLink, and by a CRC, a replace and a struct alone."""
    text = table.text()
    hello = (frames.HELLO, frames.VERSION, 1, SESSION, table.table_hash(text), len(text), 1, 1, 0)
    greeting = encode_frame(struct.pack(frames.HELLO_HEAD, *hello) + b"\x05bench\x050.2.0")
    payload = ROW.pack(*VALUES)
    stream = b"".join(
        encode_frame(struct.pack(frames.RECORD_HEAD, frames.RECORD, message_ids.TELEMETRY, sequence, 0) + payload)
        for sequence in range(1, RECORDS + 1)
    )
    size = len(stream) // RECORDS

    def ours() -> None:
        host = HostLink(session=SESSION)
        host.receive(greeting, 0.0)
        taken = 0
        for at in range(0, len(stream), 1024):
            host.receive(stream[at : at + 1024], 0.0)
            taken += len(host.events())
        assert taken == RECORDS + 1

    def least() -> None:
        for at in range(0, len(stream), size):
            body = stream[at : at + size].replace(b"\1", b"\0")
            crc32(body)
            ROW.unpack_from(body)

    return per_second(RECORDS, ours), per_second(RECORDS, least)


def device_rates_cpython() -> tuple[float, float]:
    """Return records posted and framed a second by DeviceLink under CPython, and by a struct and a CRC alone."""
    link = DeviceLink(b"bench", 1)
    link.receive(open_frame(SESSION), len(open_frame(SESSION)), 0)
    out = bytearray(256)
    row = bytearray(ROW.size + 12)
    link.data_to_send(out, 0)

    def ours() -> None:
        for _ in range(FRAMES_ON_DEVICE):
            link.post(message_ids.TELEMETRY, VALUES)
            link._ring.sent = link._ring.oldest = link._ring.next - 1
            link.data_to_send(out, 0)

    def least() -> None:
        for _ in range(FRAMES_ON_DEVICE):
            ROW.pack_into(row, 8, *VALUES)
            crc32(row)

    return per_second(FRAMES_ON_DEVICE, ours), per_second(FRAMES_ON_DEVICE, least)


def device_rates_micropython() -> list[float]:
    """Return (post and frame, the least of it, receive an ACK, the least of it), frames a second."""
    ack = encode_frame(struct.pack(frames.ACK_LAYOUT, frames.ACK, SESSION, 0))
    head = f"import sys\nsys.path[:] = [{str(FIRMWARE)!r}]\nFRAMES = {FRAMES_ON_DEVICE}\n"
    head += f"OPEN = {open_frame(SESSION)!r}\nACK = {ack!r}\n"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bench.py"
        script.write_text(head + ON_DEVICE)
        done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def show(what: str, ours: float, least: float) -> None:
    print(f"{what:<46} {ours:>10,.0f} /s   bound {least:>11,.0f} /s   ratio 1:{least / ours:.1f}")


def main() -> None:
    post, post_least, receive, receive_least = device_rates_micropython()
    show("host, CPython: bytes to decoded records", *host_rates())
    show("device, MicroPython: post and frame telemetry", post, post_least)
    show("device, MicroPython: receive an ACK", receive, receive_least)
    show("device under CPython: post and frame telemetry", *device_rates_cpython())


if __name__ == "__main__":
    main()
