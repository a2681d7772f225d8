"""The emulated Cortex-M7 itself: what it runs and what it says where it cannot. Without the image only the latter."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import m7
import pytest

from hil.chips import firmware_images, qemu
from hil.chips.flash_image import flash_image
from hil.chips.raw_repl import RawRepl
from host_tools.errors import MissingError, ToolError

LOAD = """\
import uctypes
words = bytearray(12)
base = uctypes.addressof(words)
@micropython.viper
def load(at: int) -> int:
    words = ptr32(at)
    return words[0]
print(load(base))
print(load(base + {offset}))
"""


def elf(machine: int) -> bytes:
    return struct.pack("<4sBB10xHH", b"\x7fELF", 1, 1, 2, machine)


def run(script: str, **options) -> qemu.Ran:
    return qemu.run(m7.image(), script, deadline_s=options.pop("deadline_s", 60.0), **options)


def test_without_the_variable_the_message_says_what_it_must_name(monkeypatch):
    monkeypatch.delenv(firmware_images.QEMU, raising=False)
    with pytest.raises(MissingError, match="GRIDKEEL_QEMU_FIRMWARE is not set.*BOARD=MPS2_AN500.*docs/chips.md"):
        firmware_images.named_image(firmware_images.QEMU)


def test_an_image_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv(firmware_images.QEMU, str(tmp_path / "none.elf"))
    with pytest.raises(MissingError, match="none.elf: No such file"):
        firmware_images.named_image(firmware_images.QEMU)


@pytest.mark.parametrize("data", [b"", b"UF2\n", elf(62)], ids=["empty", "UF2", "x86-64"])
def test_a_file_that_is_no_image_of_an_arm_chip(data, monkeypatch, tmp_path):
    path = tmp_path / "image"
    path.write_bytes(data)
    monkeypatch.setenv(firmware_images.QEMU, str(path))
    with pytest.raises(ToolError, match="is not an ELF of MicroPython's qemu port"):
        firmware_images.named_image(firmware_images.QEMU)
    path.write_bytes(elf(40))
    assert firmware_images.named_image(firmware_images.QEMU) == path


def test_no_emulator(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="no qemu-system-arm on the PATH.*apt install"):
        qemu.find_qemu()


def test_a_console_in_pieces_gives_output_and_traceback_apart():
    repl = RawRepl("print(1)")
    said = b"MicroPython v1\r\n>>> raw REPL; CTRL-B to exit\r\n>OK1\r\n2\r\n\x04Traceback\r\n\x04>"
    sent = bytearray()
    for at in range(len(said)):
        repl.receive(said[at : at + 1])
        sent += repl.data_to_send()
    assert repl.done
    assert (repl.banner.strip(), repl.output, repl.error) == ("MicroPython v1", "1\n2\n", "Traceback\n")
    assert sent == b"\x01print(1)\x04"


def test_a_script_prints_and_fails_apart():
    done = run("print('before')\nraise ValueError('at the end')\n")
    assert done.output == "before\n"
    assert done.error.strip().endswith("ValueError: at the end")


def test_a_module_runs_from_the_flash(tmp_path):
    (tmp_path / "beside.py").write_text("from gridkeel import ticks\nassert ticks.MASK\nwhere = ticks.__file__\n")
    flash = flash_image(qemu.CHIP, [tmp_path / "beside.py"])
    done = run("import beside, gc\nprint(beside.where)\n", flash=flash)
    assert (done.output, done.error) == ("/rom/gridkeel/ticks.mpy\n", "")


def test_a_script_without_end_is_stopped_at_its_deadline():
    with pytest.raises(ToolError, match="not done within 2 s; the last it said: .*begun"):
        run("print('begun')\nwhile True: pass\n", deadline_s=2.0)


def test_a_file_that_starts_nothing_is_said_so(monkeypatch, tmp_path):
    m7.image()
    (tmp_path / "empty.elf").write_bytes(elf(40))
    with pytest.raises(ToolError, match="QEMU ended|no MicroPython prompt"):
        qemu.run(tmp_path / "empty.elf", "print(1)", deadline_s=5.0)


@pytest.mark.parametrize("offset", [1, 2, 3])
def test_an_unaligned_load_of_a_word_faults_where_it_is_asked_for(offset):
    with pytest.raises(qemu.ChipFaultError, match="unaligned access: HardFault"):
        run(LOAD.format(offset=offset), trap_unaligned=True)
    assert run(LOAD.format(offset=offset)).output == "0\n0\n"
    assert run(LOAD.format(offset=4), trap_unaligned=True).output == "0\n0\n"


def test_counted_instructions_are_the_same_on_every_run():
    script = (Path(__file__).parents[1] / "bench" / "m7_counter.py").read_text()
    script += "begun = now()\nfor _ in range(1000): pass\nprint(since(begun))\n"
    first, again = run(script, counted=True).output, run(script, counted=True).output
    assert first == again
    assert 50_000 < int(re.fullmatch(r"(\d+)\n", first)[1]) < 1_000_000
