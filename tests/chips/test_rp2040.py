"""An emulated RP2040: MicroPython on it, what is wired to it, and what it says where it cannot run."""

from __future__ import annotations

import math
import struct
from pathlib import Path

import pico
import pytest

from hil.chips import firmware_images, rp2040_emulator
from hil.chips.rp2040 import ChipFaultError, Layout, Rp2040, layout_of
from hil.chips.rp2040_pins import UartLine, level, sine
from host_tools.errors import MissingError, ToolError

SINE_HZ = 50.125
AMPLITUDE = 1270.6
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
begun = time.ticks_us()
line.write(b"ask")
line.flush()
print(time.ticks_diff(time.ticks_us(), begun))
while line.any() < 6:
    time.sleep_ms(1)
print(time.ticks_diff(time.ticks_us(), begun), line.read())
"""
UART_FULL = """\
import time
from machine import UART, Pin
line = UART(1, baudrate=9600, parity=0, tx=Pin(4), rx=Pin(5), rxbuf=32)
line.write(b"ask")
time.sleep_ms(200)
print(line.read())
"""
FLASH = """\
import time
from rp2 import Flash
flash = Flash()
begun = time.ticks_us()
flash.ioctl(6, 0)
erased = time.ticks_us()
flash.writeblocks(0, bytes(range(256)) * 16, 0)
print(time.ticks_diff(erased, begun), time.ticks_diff(time.ticks_us(), erased))
"""
UNALIGNED = """\
import micropython
@micropython.viper
def word(at: int) -> int:
    return int(ptr32(at)[0])
print(word(0x10000100))
word(0x10000102)
"""
CLOCK = """\
import machine, time
machine.freq({}000000)
begun = time.ticks_us()
for n in range(1000):
    pass
print(time.ticks_diff(time.ticks_us(), begun))
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


def test_without_the_emulator_the_message_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv(rp2040_emulator.RP2040JS, str(tmp_path))
    with pytest.raises(MissingError, match=r"npm install rp2040js@1\.4\.1; GRIDKEEL_RP2040JS = .* has none"):
        rp2040_emulator.find_rp2040js()
    (tmp_path / "package.json").write_text('{"version": "1.4.0"}')
    with pytest.raises(MissingError, match=r"is version 1\.4\.0 of rp2040js: npm install rp2040js@1\.4\.1"):
        rp2040_emulator.find_rp2040js()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="no node on the PATH"):
        rp2040_emulator.find_node()


def test_the_emulator_is_found_in_a_node_modules_above(monkeypatch, tmp_path):
    package = tmp_path / "node_modules/rp2040js"
    package.mkdir(parents=True)
    (package / "package.json").write_text('{"version": "1.4.1"}')
    (tmp_path / "below").mkdir()
    monkeypatch.delenv(rp2040_emulator.RP2040JS, raising=False)
    monkeypatch.chdir(tmp_path / "below")
    assert rp2040_emulator.find_rp2040js() == package


def test_octets_outside_of_the_flash_are_no_image_for_the_pico(image, tmp_path):
    block = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0, 0x1020_0000, 256, 0, 1, 0) + bytes(480)
    (tmp_path / "large.uf2").write_bytes(block)
    with pytest.raises(ToolError, match="outside of the flash"):
        Rp2040(tmp_path / "large.uf2")


def test_files_and_package_lie_where_the_image_looks_for_them(image, layout):
    with pytest.raises(ToolError, match="its segment holds"):
        Rp2040(image, bytes(layout.package_bytes + 1), layout=layout)
    with Rp2040(image, files={"given.txt": b"as given"}, layout=layout) as chip:
        done = chip.run(
            "print(open('given.txt').read())\nf = open('made.txt', 'w')\nf.write('kept')\nf.close()\n",
            deadline_ms=500.0,
        )
        assert (done.output, done.error) == ("as given\n", "")
        assert b"kept" in chip.read_flash(layout.files_at, (2 << 20) - layout.files_at)


def test_a_script_without_end_stops_at_its_deadline_of_virtual_time(image):
    with (
        Rp2040(image) as chip,
        pytest.raises(ToolError, match="not done within 5 virtual ms; the last it said: begun"),
    ):
        chip.run("print('begun')\nwhile True: pass\n", deadline_ms=5.0)


def test_the_adc_reads_two_channels_in_turn_at_the_rate_of_its_divider(image):
    with Rp2040(image) as chip:
        chip.wire_adc(0, sine(2048, AMPLITUDE, SINE_HZ))
        chip.wire_adc(1, level(1234))
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
    assert abs(math.hypot(cosine, minus) - AMPLITUDE) < 20


def test_octets_on_a_line_take_their_time_both_ways(image):
    said = []
    with Rp2040(image) as chip:
        line = UartLine(chip, 1, lambda data, us: said.append((data, us)) or line.hear(b"answer", us + 20_000))
        done = chip.run(UART, deadline_ms=500.0)
        assert done.error == ""
        written_us, read_us, answer = done.output.split(maxsplit=2)
        assert answer == "b'answer'\n"
        ((data, begun_us),) = said
        assert data == b"ask"
        assert (line.octets_out, line.octets_in, line.dropped) == (3, 6, 0)
        # Eleven bits at 9600 Bd are 1146 us: the program waits for its octets to be sent, and for the answer's last.
        assert int(written_us) == pytest.approx(3 * 1146, abs=300)
        assert begun_us < chip.now_us
        assert int(read_us) == pytest.approx(20_000, abs=2500)


def test_octets_that_a_program_does_not_fetch_are_dropped_where_its_buffers_end(image):
    with Rp2040(image) as chip:
        line = UartLine(chip, 1, lambda _data, us: line.hear(bytes(range(120)), us + 140_000))
        done = chip.run(UART_FULL, deadline_ms=800.0)
        assert done.error == ""
        taken = eval(done.output)
        assert taken == bytes(range(len(taken)))
        assert line.dropped > 0 and line.octets_in + line.dropped == 120
        assert len(taken) == line.octets_in


def test_a_flash_that_is_written_keeps_the_program_waiting(image, layout):
    with Rp2040(image, files={}, layout=layout) as chip:
        done = chip.run(FLASH, deadline_ms=800.0)
        assert done.error == ""
        erase_us, write_us = map(int, done.output.split())
        assert 45_000 < erase_us < 47_000 and 6_400 < write_us < 9_000
        assert chip.read_flash(layout.files_at, 4096) == bytes(range(256)) * 16


def test_a_word_at_an_odd_place_is_a_fault(image):
    with Rp2040(image) as chip, pytest.raises(ChipFaultError, match="not 32 bit aligned"):
        chip.run(UNALIGNED, deadline_ms=100.0)


def test_a_program_sets_the_clock_of_its_chip(image):
    with Rp2040(image) as chip:
        took_us = [int(chip.run(CLOCK.format(mhz), deadline_ms=500.0).output) for mhz in (125, 200)]
        assert chip.clock_hz == 200_000_000
        assert took_us[0] / took_us[1] == pytest.approx(1.6, rel=0.01)


def test_a_program_that_hangs_is_reset_by_the_watchdog_and_its_pins_fall(image):
    with Rp2040(image) as chip:
        levels = []
        chip.watch_pin(15, lambda us, level: levels.append((us, level)))
        chip.run("from machine import Pin\nPin(15, Pin.OUT, value=1)\n", deadline_ms=100.0)
        assert levels[-1][1]
        with pytest.raises(ToolError):
            chip.run(WATCHDOG, deadline_ms=100.0)
        assert len(chip.resets) == 1
        assert not levels[-1][1]
        assert chip.run(RESET_CAUSE, deadline_ms=100.0).output == "True\n"
