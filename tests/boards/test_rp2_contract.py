"""The RP2 board files keep the contract of their chip; each planted defect breaks it, and is named."""

# ruff: noqa: E501 - a defect a line

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import sys
import types
from typing import Any

import pytest
from board_run import AMPLITUDE, FREQUENCY_HZ, Run, frequency, sine
from contract import ContractError
from rp2_model import MACHINES, chip

from gridkeel.errors import ParameterError
from gridkeel.evse import ports

DUTIES = [-1, 0, 1000, 50, 100, 533, 960]


def run(monkeypatch: Any, name: str = "rpi_pico", *patches: tuple[str, str, str], **changes: int) -> Run:
    with chip(monkeypatch, name, *patches) as (model, boards):
        life = Run(model, boards, changes)
        life.go(DUTIES)
        judge(life)
        model.finish()
        return life


def judge(life: Run) -> None:
    """What the control loop saw must be what was there."""
    if any(life.lost):
        raise ContractError(f"blocks were lost: {life.lost}")
    expected = 16 * AMPLITUDE
    if not all(0.97 * expected < max(map(abs, block)) <= 1.01 * expected for block in life.blocks[3:]):
        raise ContractError("the samples are not those of the mains")
    off_hz = abs(frequency([x for block in life.blocks for x in block], life.parameters.sample_hz) - FREQUENCY_HZ)
    if off_hz > 0.005:
        raise ContractError(f"the samples' frequency is off by {off_hz} Hz")
    for k in range(len(DUTIES)):
        judge_pilot(DUTIES[k], life.levels[3 * k + 2])


def judge_pilot(duty: int, levels: list[int]) -> None:
    high, low = {-1: (0, 0), 0: (-12000, -12000), 1000: (9000, 9000)}.get(duty, (9000, -12000))
    if abs(levels[ports.HIGH_MV] - high) > 60 or abs(levels[ports.LOW_MV] - low) > 60:
        raise ContractError(f"at a duty of {duty} the pilot's plateaus read {levels[:2]}, and are {high, low}")
    if levels[ports.CLOSED] != 0 or levels[ports.RCD] != 1:
        raise ContractError("open contacts read as a closed contactor, or as a residual current device at rest")


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_a_board_keeps_the_contract_of_its_chip(monkeypatch: Any, name: str) -> None:
    life = run(monkeypatch, name)
    assert life.board.device_id == b"e6614103e7452a2f"
    assert life.board.clock_hz == life.model.frequency
    assert life.model.first_pin == life.model.contactor


@pytest.mark.parametrize("changes", [{"sample_hz": 3200}, {"sample_hz": 9600}, {"block_ms": 20}, {"modbus_baud": 9600}])
def test_at_every_rate_that_parameters_allow(monkeypatch: Any, changes: dict[str, int]) -> None:
    run(monkeypatch, "rpi_pico", **changes)


# file, what stands there, what stands there instead, what the suite must say
DEFECTS = {
    "an unknown method": ("pilot", "self._pwm.duty_u16(", "self._pwm.duty_percent(", "has no duty_percent"),
    "an unknown keyword": ("chip", "txbuf=self._size", "tx_buffer=self._size", "takes no argument tx_buffer"),
    "a wrong type": ("chip", "baudrate=baud", "baudrate=str(baud)", "is no int"),
    "a register of nothing": ("rp2", "_DIV = 0x10", "_DIV = 0x14", "no register of the ADC"),
    "another chip's request": ("tables.rpi_pico", "ADC_DREQ = 36", "ADC_DREQ = 48", "paced by request 48"),
    "a pin with two owners": ("tables.rpi_pico", "PILOT_ENABLE = 17", "PILOT_ENABLE = 6", "belongs to"),
    "a pin that cannot": ("tables.rpi_pico", "RS485_RX = 5", "RS485_RX = 7", "is no RX of UART(1)"),
    "no such pin": ("tables.rpi_pico", "RCD = 13", "RCD = 31", "there is no pin 31"),
    "no such input": ("tables.rpi_pico", "MAINS_ADC = 26", "MAINS_ADC = 20", "has no ADC"),
    "contactor later": ("chip", "self._contactor = Pin(table.CONTACTOR, Pin.OUT, value=0)", "Pin(table.SERVICE)", "first thing"),
    "contactor closed at reset": ("chip", "Pin(table.CONTACTOR, Pin.OUT, value=0)", "Pin(table.CONTACTOR, Pin.OUT, value=1)", "first thing"),
    "contactor upside down": ("chip", "1 if on else 0", "0 if on else 1", "does not drive"),
    "contactor that stays": ("chip", "1 if on else 0", "1", "leaves the contactor's pin high"),
    "contactor closed by begin": ("rp2", "self._direction.begin(", "self.energise(True); self._direction.begin(", "nobody called energise"),
    "a duty out of range": ("pilot", "duty * 65535 // 1000", "duty * 65535 // 100", "is none of 0..65535"),
    "a pilot of 100 Hz": ("pilot", "PILOT_HZ = 1000", "PILOT_HZ = 100", "1 kHz"),
    "a pilot the wrong way round": ("pilot", "0 if off else duty * 65535 // 1000", "0 if off else 65535 - duty * 65535 // 1000", "plateaus"),
    "a pilot that is never disconnected": ("pilot", "self._enable.value(not off)", "self._enable.value(1)", "plateaus"),
    "levels by one reading": ("twins", "ordered[1], ordered[-2]", "readings[0], readings[0]", "plateaus"),
    "mains and pilot swapped": ("rp2", "self._read_from + 1,", "self._read_from,", "plateaus"),
    "feedback upside down": ("pilot", "1 - self._feedback.value()", "self._feedback.value()", "closed contactor"),
    "a line that waits": ("chip", "timeout=0", "timeout=100", "holds the control loop up"),
    "a line used after its end": ("chip", "        table = self.table\n        self.rs485.open(", "        table = self.table\n        self.host._uart.deinit()\n        self.rs485.open(", "after deinit"),
    "a read that waits": ("chip", "min(waiting, len(data))", "len(data) + 1", "waits for it"),
    "a buffer too small": ("chip", "RS485_BUFFER = 512", "RS485_BUFFER = 4", "has room for"),
    "DE after the start bit": ("rp2_direction", "wait(0, pin, 0).side(0)", "wait(0, pin, 0).side(0)[15]", "DE rises"),
    "DE too short": ("rp2_direction", "set(x, 31)", "set(x, 7)", "DE falls while"),
    "DE too long": ("rp2_direction", "side(1)[1]", "side(1)[15]", "DE is high for longer"),
    "DE that never falls": ("rp2_direction", "wait(0, pin, 0).side(0)", "wait(0, pin, 0).side(1)", "while the line is idle"),
    "DE at another rate": ("rp2", "self._direction.begin(parameters.modbus_baud)", "self._direction.begin(9600)", "DE"),
    "DE on no line": ("rp2", "Direction(table.RS485_TX", "Direction(table.SERVICE", "watches no UART"),
    "a watchdog never started": ("chip", "        self._watchdog.feed()", "        pass", "watchdog bit"),
    "a watchdog never fed": ("chip", "            self._watchdog = WDT(timeout=self._watchdog_ms)\n        self._watchdog.feed()", "            pass", "never started"),
    "a watchdog over the chip's": ("chip", "WDT(timeout=self._watchdog_ms)", "WDT(timeout=9000)", "this chip takes"),
    "a sample rate that is not asked for": ("rp2", "self._rate = sample_hz", "self._rate = 4900", "off by"),
    "a ring that stops": ("rp2", "chain_to=again.channel, ", "", "nothing starts it again"),
    "a ring that is restarted elsewhere": ("rp2", "_WRITE_TRIGGER = 11", "_WRITE_TRIGGER = 10", "WRITE_ADDR_TRIG"),
    "a ring overrun": ("rp2", "count=len(self._ring)", "count=len(self._ring) + 8", "into a ring of"),
    "an unpaced ring": ("rp2", "treq_sel=table.ADC_DREQ, ", "", "paced by request 63"),
    "readings of four octets": ("rp2", "size=1,", "size=2,", "half words"),
    "a FIFO that asks for nothing": ("rp2", "_FCS_RUN = 1 | 1 << 3", "_FCS_RUN = 1", "no DMA"),
    "a loop that spins": ("rp2", "// self._rate + 1)", "// self._rate * 0)", "spins"),
}  # fmt: skip


@pytest.mark.parametrize("defect", sorted(DEFECTS))
def test_each_planted_defect_is_named(monkeypatch: Any, defect: str) -> None:
    file, old, new, said = DEFECTS[defect]
    with pytest.raises(ContractError) as caught:
        run(monkeypatch, "rpi_pico", (file, old, new))
    assert said in str(caught.value)


def test_blocks_that_the_ring_held_are_not_lost_and_those_written_over_are_counted(monkeypatch: Any) -> None:
    with chip(monkeypatch) as (model, boards):
        life = Run(model, boards, {"watchdog_ms": 2000})
        life.go([100])
        model.advance(145000)
        life.go([100, 100])
        assert not any(life.lost)
        assert len(model.turns) == 6, "between blocks that wait already, others have their turn"
        model.advance(305000)
        life.go([100])
    lost = [n for n in life.lost if n]
    assert len(lost) == 1 and 38 <= lost[0] <= 42


def test_what_fails_while_the_board_is_made_leaves_contactor_and_pilot_low(monkeypatch: Any) -> None:
    with chip(monkeypatch, "rpi_pico", ("pilot", "PILOT_HZ = 1000", "PILOT_HZ = 1")) as (model, boards):
        with pytest.raises(ContractError):
            boards("gridkeel.boards").this_board()
        assert model.level[15] == 0 and model.level[16] == 0


def test_a_service_jumper_keeps_the_program_from_starting(monkeypatch: Any) -> None:
    with chip(monkeypatch) as (model, boards):
        model.inputs[22] = 0
        with pytest.raises(RuntimeError, match="SERVICE"):
            boards("gridkeel.boards").this_board()
        assert model.level == {15: 0, 16: 0}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"watchdog_ms": 9000}, "watchdog_ms"),
        ({"evse": 2}, "evse"),
        ({"evse": 2, "connector": 1}, "evse"),
        ({"sample_hz": 4000}, "sample_hz"),
        ({"sample_hz": 8000}, "sample_hz"),
    ],
)
def test_what_the_chip_cannot_do_is_refused_by_the_parameters_name(
    monkeypatch: Any, changes: dict[str, int], named: str
) -> None:
    with chip(monkeypatch) as (_model, boards):
        board = boards("gridkeel.boards").this_board()
        from gridkeel import params

        with pytest.raises(ParameterError, match=named):
            board.check(params.Parameters(changes))


def test_an_image_for_another_chip_is_refused(monkeypatch: Any) -> None:
    import gridkeel

    monkeypatch.setattr(gridkeel, "BOARD", "rpi_pico2")
    with chip(monkeypatch) as (model, boards):
        with pytest.raises(RuntimeError, match="for rpi_pico2 .RP2350., and this is Raspberry Pi Pico with RP2040"):
            boards("gridkeel.boards").this_board()
        assert not model.level, "another board's pins were driven"


def test_a_board_without_a_table_is_told_what_to_do(monkeypatch: Any) -> None:
    with chip(monkeypatch) as (model, boards):
        model.machine_name = "Somebody's board with RP2040"
        with pytest.raises(RuntimeError, match="Somebody's board"):
            boards("gridkeel.boards").this_board()


def test_the_models_sine_is_one(monkeypatch: Any) -> None:
    samples = [sine(k * 1e6 / 4800) - 2048 for k in range(480)]
    assert math.isclose(frequency(samples, 4800), FREQUENCY_HZ, abs_tol=0.01)


class Stream:
    """An end of a pipe as MicroPython's console is: write(buffer, n), readinto, poll by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: Any, n: int) -> int:
        return os.write(self._descriptor, bytes(data[:n]))

    def readinto(self, buffer: Any) -> int:
        if len(buffer) != 1:
            raise ContractError("a console that is asked for more than one octet waits for it")
        buffer[:1] = os.read(self._descriptor, 1)
        return 1


def test_the_link_on_the_usb_console_takes_any_octet_and_drops_what_nobody_reads(monkeypatch: Any) -> None:
    inward, outward = os.pipe(), os.pipe()
    stops = []
    micropython = types.SimpleNamespace(kbd_intr=stops.append)
    monkeypatch.setitem(sys.modules, "micropython", micropython)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=Stream(inward[0])))
    monkeypatch.setattr(sys, "stdout", types.SimpleNamespace(buffer=Stream(outward[1])))
    with chip(monkeypatch, "rpi_pico", ("tables.rpi_pico", "HOST_UART = 0", "HOST_UART = -1")) as (model, boards):
        host = boards("gridkeel.boards").this_board().host
        assert stops == [-1]
        host.write(b"\x00\x03\x04", 3)
        os.set_blocking(outward[1], False)
        assert os.read(outward[0], 8) == b"\x00\x03\x04"
        os.write(inward[1], b"\x03\x01\x04")
        ready = boards("gridkeel.boards.console_port")
        ready.readable = lambda _stream: Now()
        data = bytearray(8)
        assert asyncio.run(host.readinto(data)) == 3 and data[:3] == b"\x03\x01\x04"
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(outward[1], bytes(4096))
        host.write(b"late", 4)
        assert host.dropped == 4
        assert not model.level[15]
    for descriptor in (*inward, *outward):
        os.close(descriptor)


class Now:
    """An awaitable that is done."""

    def __await__(self) -> Any:
        return iter(())
