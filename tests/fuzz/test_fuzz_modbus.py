"""Garbage on the Modbus line: nothing raised, nothing taken for an answer that is none, every dropped byte counted."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymodbus.framer.rtu import FramerRTU

from gridkeel.inverter import STATES, make
from gridkeel.inverter.modbus import rtu
from gridkeel.params import Parameters
from host_tools.micropython.interpreter import HEAP_BYTES, argv

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware"
LIKELY = st.sampled_from([b"\x01", b"\x03", b"\x04", b"\x10", b"\x83", b"\x90", b"\x01\x03\x04", b"\x01\x83\x02"])
GARBAGE = st.lists(st.one_of(LIKELY, st.binary(min_size=1, max_size=40)), max_size=30)


def sealed(body: bytes) -> bytes:
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


ANSWER = sealed(b"\x01\x03\x04SunS")


@given(pieces=GARBAGE, asked=st.booleans())
@settings(max_examples=400, deadline=None)
def test_every_byte_belongs_to_an_answer_or_is_counted(pieces, asked):
    master = rtu.Master()
    if asked:
        master.read(bytearray(32), 40000, 2, 0)
    taken = 0
    for piece in pieces:
        verdict = master.receive(piece, len(piece), 10)
        assert verdict in (rtu.NOTHING, rtu.ANSWER, rtu.EXCEPTION)
        taken += {rtu.NOTHING: 0, rtu.ANSWER: 9, rtu.EXCEPTION: 5}[verdict]
    assert master.dropped_bytes + taken + master._fill == sum(map(len, pieces))
    assert master._fill < 9
    assert bool(master.dropped_bytes) == bool(master.bad_frames)
    master.expire(500)
    master.read(bytearray(32), 40000, 2, 1000)
    assert master.receive(ANSWER, len(ANSWER), 1005) == rtu.ANSWER


@given(garbage=st.binary(max_size=30))
@settings(max_examples=300, deadline=None)
def test_an_answer_behind_garbage_is_found(garbage):
    """Unless the garbage itself begins an answer: a header that fits may claim the bytes that follow it."""
    master = rtu.Master()
    master.read(bytearray(32), 40000, 2, 0)
    if master.receive(garbage, len(garbage), 1) != rtu.NOTHING:
        return
    assert master.receive(ANSWER, len(ANSWER), 2) == rtu.ANSWER
    assert (master.register(0), master.register(1)) == (0x5375, 0x6E53)
    assert master.dropped_bytes == len(garbage)


@given(
    steps=st.lists(
        st.tuples(st.integers(0, 400), st.one_of(LIKELY, st.binary(max_size=30)), st.integers(-60000, 60000)),
        max_size=60,
    ),
    start=st.sampled_from([0, 0x1FFFFFF0, 0x3FFFFFF0]),
)
@settings(max_examples=200, deadline=None)
def test_a_driver_that_reads_garbage_writes_nothing(steps, start):
    inverter, now, out = make(Parameters()), start, bytearray(32)
    for wait, data, power_w in steps:
        now = (now + wait) & 0x3FFFFFFF
        inverter.command(power_w, now)
        inverter.receive(data, len(data), now)
        inverter.on_deadline(now)
        n = inverter.data_to_send(out, now)
        assert n in (0, 8)
        assert not n or out[1] == 3, "nothing may be written to a device that was never found"
        assert inverter.deadline(now) >= 0
        assert STATES[inverter.state] in ("searching", "silent")


def test_a_stream_cut_at_random_is_accounted_for_to_the_byte():
    dice = random.Random(20250428)
    master = rtu.Master()
    total = answers = exceptions = now = 0
    while total < 300_000:
        if master.ready(now):
            master.read(bytearray(32), 40000, 2, now)
        piece = dice.choice([dice.randbytes(dice.randint(1, 60)), ANSWER[: dice.randint(1, 9)], ANSWER])
        verdict = master.receive(piece, len(piece), now)
        answers += verdict == rtu.ANSWER
        exceptions += verdict == rtu.EXCEPTION
        total += len(piece)
        now = (now + dice.randint(0, 30)) & 0x3FFFFFFF
        master.expire(now)
    assert master.dropped_bytes + 9 * answers + 5 * exceptions + master._fill == total
    assert answers == master.answers > 1000
    assert master.timeouts > 0


@pytest.mark.parametrize("seed", [1, 20250428])
def test_a_million_bytes_on_micropython_neither_allocate_nor_stay(seed, tmp_path):
    script = tmp_path / "start.py"
    paths = [str(HERE), str(HERE.parent / "device"), str(FIRMWARE)]
    script.write_text(f"import sys\nsys.path[:] = {paths!r}\nsys.argv[:] = ['', '{seed}']\nimport modbus_garbage\n")
    done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, timeout=200)
    counts = {name: value for name, value in re.findall(r"(\w+) (-?\w+)", done.stdout)}
    assert counts.get("recovered") == "True", done.stdout + done.stderr
    assert counts["grown"] == "0"
    assert int(counts["bytes"]) >= 1_000_000
    assert counts["answers"] == "0"
    assert counts["accounted"] == counts["bytes"]
    assert int(counts["bad_frames"]) > 1000
    sys.stdout.write(done.stdout)
