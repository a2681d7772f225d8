"""An emulated RP2040: MicroPython on it, what is wired to it, and what it says where it cannot run."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pico
import pytest

from hil.chips import firmware_images
from hil.chips.rp2040 import Layout, Rp2040, layout_of
from hil.chips.rp2040_pins import AnalogInputs, UartLine
from hil.chips.rp2040_station import Sine
from host_tools.errors import MissingError, ToolError

SINE_HZ = 50.125
ADC = """\
import time
from array import array
from machine import ADC, Pin, mem32
from rp2 import DMA
from uctypes import addressof
pins = [ADC(Pin(26)), ADC(Pin(27))]
base = 0x4004C000
ring = array("H", [0] * 384)
mem32[base + 0x10] = 48000000 * 256 // 38400 - 256
dma = DMA()
ctrl = dma.pack_ctrl(size=1, inc_read=False, treq_sel=36)
dma.config(read=base + 0x0C, write=ring, count=384, ctrl=ctrl, trigger=True)
mem32[base + 0x08] = 1 | 1 << 3 | 1 << 24
begun = time.ticks_us()
mem32[base] = 3 << 16 | 1
mem32[base] = 3 << 16 | 1 << 3 | 1
while dma.active():
    pass
print(time.ticks_diff(time.ticks_us(), begun))
print(list(ring))
"""
UART = """\
import time
from machine import UART, Pin
line = UART(1, baudrate=9600, parity=0, tx=Pin(4), rx=Pin(5), rxbuf=64)
line.write(b"ask")
while line.any() < 6:
    time.sleep_ms(1)
print(line.read())
"""
WATCHDOG = """\
from machine import WDT
WDT(timeout=20)
while True:
    pass
"""
RESET_CAUSE = "import machine\nprint(machine.reset_cause() == machine.WDT_RESET)\n"


@pytest.fixture(scope="module")
def image() -> Path:
    return pico.image()


@pytest.fixture(scope="module")
def layout(image: Path) -> Layout:
    return layout_of(image)


def test_without_the_variable_the_message_says_what_it_must_name(monkeypatch):
    monkeypatch.delenv(firmware_images.RP2, raising=False)
    with pytest.raises(MissingError, match="GRIDKEEL_RP2_FIRMWARE is not set.*UF2.*RPI_PICO.*docs/chips.md"):
        firmware_images.named_image(firmware_images.RP2)


def test_a_file_that_is_no_image_for_this_chip(monkeypatch, tmp_path):
    path = tmp_path / "image.uf2"
    monkeypatch.setenv(firmware_images.RP2, str(path))
    path.write_bytes(b"\x7fELF" + bytes(508))
    with pytest.raises(ToolError, match="is not a UF2"):
        firmware_images.named_image(firmware_images.RP2)


def test_octets_outside_of_the_flash_are_no_image_for_the_pico(image, tmp_path):
    block = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0, 0x1020_0000, 256, 0, 1, 0) + bytes(480)
    (tmp_path / "large.uf2").write_bytes(block)
    with pytest.raises(ToolError, match="outside of the flash"):
        Rp2040(tmp_path / "large.uf2")


def test_files_and_package_lie_where_the_image_looks_for_them(image, layout):
    with pytest.raises(ToolError, match="its segment holds"):
        Rp2040(image, bytes(layout.package_bytes + 1), layout=layout)
    chip = Rp2040(image, files={"given.txt": b"as given"}, layout=layout)
    done = chip.run(
        "print(open('given.txt').read())\nf = open('made.txt', 'w')\nf.write('kept')\nf.close()\n", deadline_ms=500.0
    )
    assert (done.output, done.error) == ("as given\n", "")
    assert b"kept" in bytes(chip.mcu.flash[layout.files_at :])


def test_a_script_without_end_stops_at_its_deadline_of_virtual_time(image):
    chip = Rp2040(image)
    with pytest.raises(ToolError, match="not done within 5 virtual ms; the last it said: begun"):
        chip.run("print('begun')\nwhile True: pass\n", deadline_ms=5.0)


def test_the_adc_reads_two_channels_in_turn_at_the_rate_of_its_divider(image):
    chip = Rp2040(image)
    sine = Sine(SINE_HZ, 230.0, 16000)
    AnalogInputs(chip, {0: sine.counts, 1: lambda _us: 1234})
    done = chip.run(ADC, deadline_ms=500.0)
    assert done.error == ""
    took_us, samples = (eval(line) for line in done.output.splitlines())
    assert abs(took_us - 10_000) < 200
    assert set(samples[1::2]) == {1234}
    mains = samples[0::2]
    # 192 readings, 52 us apart, of a sine whose amplitude and frequency are known: what is left of it is rounding.
    turns = [2 * math.pi * SINE_HZ * n * 2 / 38400 for n in range(len(mains))]
    cosine = 2 / len(mains) * sum((m - 2048) * math.cos(t) for m, t in zip(mains, turns, strict=True))
    minus = 2 / len(mains) * sum((m - 2048) * math.sin(t) for m, t in zip(mains, turns, strict=True))
    assert abs(math.hypot(cosine, minus) - 230 * math.sqrt(2) / 0.256) < 20


def test_octets_on_a_line_take_their_time_both_ways(image):
    chip = Rp2040(image)
    said = []
    line = UartLine(chip, 1, 11, lambda data, us: said.append((data, us)) or line.hear(b"answer", us + 20_000))
    done = chip.run(UART, deadline_ms=500.0)
    assert done.output == "b'answer'\n"
    assert [data for data, _us in said] == [b"ask"]
    assert (line.octets_out, line.octets_in, line.dropped) == (3, 6, 0)
    assert chip.now_us >= said[0][1] + 20_000


def test_a_program_that_hangs_is_reset_by_the_watchdog_and_its_pins_fall(image):
    chip = Rp2040(image)
    levels = []
    chip.watch_pin(15, lambda us, level: levels.append((us, level)))
    chip.run("from machine import Pin\nPin(15, Pin.OUT, value=1)\n", deadline_ms=100.0)
    assert levels[-1][1]
    with pytest.raises(ToolError):
        chip.run(WATCHDOG, deadline_ms=100.0)
    assert len(chip.resets) == 1
    assert not levels[-1][1]
    assert chip.run(RESET_CAUSE, deadline_ms=100.0).output == "True\n"
