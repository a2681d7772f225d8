"""What a command costs: our CRC and one WSet cycle against pymodbus's, in the same run.

Run it by hand: python tests/bench/bench_modbus.py
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import WriteMultipleRegistersRequest

from gridkeel.inverter.modbus import rtu
from gridkeel.inverter.modbus.frame import crc16
from gridkeel.inverter.sunspec.der import Control704
from host_tools.micropython.interpreter import HEAP_BYTES, argv

FRAME = bytes(range(64))
ADDRESS = 40299
ROUNDS = 2000
FIRMWARE = Path(__file__).parents[2] / "firmware"

ON_DEVICE = """
import time
from gridkeel.inverter.sunspec.der import Control704
from gridkeel.inverter.modbus import plain, rtu
from gridkeel.inverter.modbus.frame import crc16
def per_call(work):
    start = time.ticks_us()
    for _ in range(ROUNDS):
        work()
    return time.ticks_diff(time.ticks_us(), start) / ROUNDS
frame, out, answer = bytes(range(64)), bytearray(32), bytearray(32)
master, control = rtu.Master(), Control704()
control.address = ADDRESS
def cycle():
    control.encode(-3000)
    control.write_setting(master, out, 0)
    master.receive(answer, 8, 0)
    master.ready(5)
control.encode(-3000)
control.write_setting(master, answer, 0)
value = crc16(answer, 0, 6)
answer[6], answer[7] = value & 255, value >> 8
master.expire(1000)
master.ready(2000)
print(per_call(lambda: crc16(frame, 0, 64)), per_call(lambda: plain.crc16(frame, 0, 64)), per_call(cycle))
"""


def per_call_us(work: Callable[[], object], repeats: int = 5) -> float:
    """Return the best mean of a call over some repeats."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        for _ in range(ROUNDS):
            work()
        best = min(best, time.perf_counter() - start)
    return best * 1e6 / ROUNDS


def our_cycle() -> Callable[[], None]:
    """One command: scale, build and seal the request, take and check its answer."""
    master, control, out = rtu.Master(), Control704(), bytearray(32)
    control.address = ADDRESS
    body = b"\x01\x10" + ADDRESS.to_bytes(2) + b"\x00\x04"
    answer = body + FramerRTU.compute_CRC(body).to_bytes(2)

    def cycle() -> None:
        control.encode(-3000)
        control.write_setting(master, out, 0)
        assert master.receive(answer, len(answer), 0) == rtu.ANSWER
        assert master.ready(5)

    return cycle


def pymodbus_cycle() -> Callable[[], None]:
    """The same command with pymodbus's framer and PDU classes, without its transport."""
    framer = FramerRTU(DecodePDU(False))
    body = b"\x01\x10" + ADDRESS.to_bytes(2) + b"\x00\x04"
    answer = body + FramerRTU.compute_CRC(body).to_bytes(2)

    def cycle() -> None:
        registers = [1, 1, *divmod(3000, 1 << 16)]
        framer.buildFrame(WriteMultipleRegistersRequest(dev_id=1, address=ADDRESS, registers=registers))
        _used, pdu = framer.handleFrame(answer, 1, 0)
        assert pdu is not None

    return cycle


def on_micropython() -> list[float]:
    """Return the us of the CRC in force, of its plain twin, and of one cycle on the 64-bit port."""
    head = f"import sys\nsys.path[:] = [{str(FIRMWARE)!r}]\nROUNDS, ADDRESS = {ROUNDS}, {ADDRESS}\n"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bench.py"
        script.write_text(head + ON_DEVICE)
        command = argv(script, heap_bytes=HEAP_BYTES)
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return [float(value) for value in done.stdout.split()]


def row(what: str, ours_us: float, other: str, theirs_us: float) -> None:
    print(f"{what:31} {ours_us:7.2f} us  {other:8} {theirs_us:7.2f} us  ratio {ours_us / theirs_us:5.2f}")


def main() -> None:
    their_cycle_us = per_call_us(pymodbus_cycle())
    viper_us, plain_us, device_us = on_micropython()
    print(f"best of repeated runs of {ROUNDS}, smaller ratios are better")
    row(
        "CRC of 64 bytes, CPython",
        per_call_us(lambda: crc16(FRAME, 0, 64)),
        "pymodbus",
        per_call_us(lambda: FramerRTU.compute_CRC(FRAME)),
    )
    row("one command cycle, CPython", per_call_us(our_cycle()), "pymodbus", their_cycle_us)
    row("CRC of 64 bytes, MicroPython", viper_us, "plain", plain_us)
    row("one command cycle, MicroPython", device_us, "pymodbus", their_cycle_us)


if __name__ == "__main__":
    main()
