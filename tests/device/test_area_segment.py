"""The area on a chip: how the ROMFS segment of each kind of port is read, erased and written."""

import sys

from flash_chip import Chip, MisuseError
from power_cuts import NEW, OLD, Update, provisioned, running

from gridkeel.boards.area import FileArea, Segment
from gridkeel.update import selector

try:
    from gridkeel.boards import flash
except ImportError:
    flash = None
    print("SKIP the flash's own area: this interpreter has no uctypes")

WASM_GROUP = 2


class Ports:
    """vfs.rom_ioctl over a chip, with the checks of the ports' own C code."""

    def __init__(self, chip, block_device):
        self.chip = chip
        self.block_device = block_device
        self.calls = []

    def rom_ioctl(self, *arguments):
        command = arguments[0]
        self.calls.append(command)
        if command == 6 and not self.block_device:
            return self.chip.block_bytes
        if command == 3 and not self.block_device:
            assert len(arguments) == 4 and arguments[1] == 0, "an offset and a length"
            assert arguments[3] == self.chip.block_bytes
            self.chip.erase(arguments[2])
            return 4
        if command == 4 and not self.block_device:
            self.chip.write(arguments[2], arguments[3])
            return 0
        return -22


class Memory(bytearray):
    """A segment as memory that follows the chip."""


class Device(bytearray):
    """A segment that is a block device too, as rp2.Flash and esp32.Partition are."""

    chip = None

    def ioctl(self, command, argument):
        if command == 5:
            return self.chip.block_bytes
        assert command == 6, "nothing but the size of a block and its erasure"
        self.chip.erase(argument * self.chip.block_bytes)
        return 0

    def writeblocks(self, *arguments):
        assert len(arguments) == 3, "without an offset the port erases first"
        number, data, offset = arguments
        assert offset % 256 == 0 and len(data) % 256 == 0, "rp2 writes whole pages"
        assert 0 <= offset < self.chip.block_bytes
        self.chip.write(number * self.chip.block_bytes + offset, data)


def segment_of(chip, block_device):
    """Return (area, what copies the chip into the memory that is mapped)."""
    memory = (Device if block_device else Memory)(chip.size)
    if block_device:
        memory.chip = chip
    ports = Ports(chip, block_device)
    area = Segment(ports.rom_ioctl, memory)

    def follow():
        for at in range(0, chip.size, 4096):
            memory[at : at + 4096] = bytes(chip.cells.read(at, 4096))

    follow()
    return area, follow


def runs_where_classes_extend_buffers():
    return sys.implementation.name == "cpython"


def test_both_kinds_of_segment_hold_an_area():
    if not runs_where_classes_extend_buffers():
        return
    for block_device in (True, False):
        chip = provisioned()
        Update().tell(chip)
        area, follow = segment_of(chip, block_device)
        assert (area.size, area.block_bytes) == (chip.size, 4096)
        for image in (NEW, NEW, NEW, OLD):
            slot = selector.choose(area)
            follow()
            assert slot == (1 if image == NEW else 0)
        assert running(chip)[0] == OLD
        start = selector.slot_start(area, 0) + selector.HEAD_BYTES
        assert bytes(area.map(start, 8)) == bytes(chip.cells.read(start, 8))


def test_a_port_that_refuses_is_noticed():
    if not runs_where_classes_extend_buffers():
        return
    chip = Chip(14)
    area, _follow = segment_of(chip, False)
    area._ioctl = lambda *_arguments: -5
    for call, arguments in ((area.erase, (0,)), (area.write, (0, bytearray(256)))):
        try:
            call(*arguments)
            raise AssertionError("taken for done")
        except OSError as error:
            assert error.args[0] == 5


class _Names:
    """Stands for a module, with the names that a port has."""


def opened(segment, environment=None):
    """Return the area that a board opens: on a port with a segment (None: without), with an environment or none."""
    vfs, os = _Names(), _Names()
    if segment is not None:
        vfs.rom_ioctl = lambda command, *_arguments: segment if command == 2 else 4096
    if environment is not None:
        os.getenv = environment.get
    kept = sys.modules.get("vfs"), flash.os
    sys.modules["vfs"], flash.os = vfs, os
    try:
        return flash.Flash(b"board").open_area()
    finally:
        flash.os = kept[1]
        if kept[0] is None:
            del sys.modules["vfs"]
        else:
            sys.modules["vfs"] = kept[0]


def test_a_chip_without_an_environment_opens_its_segment_unless_a_plain_image_lies_there():
    if flash is None:
        return
    assert opened(None) is None and opened(None, {}) is None  # a stock Pico, a virtual board without slots
    assert opened(-22) is None  # a port that knows the call and has no segment
    erased = bytearray(b"\xff" * 8192)
    assert opened(erased).size == 8192
    erased[:3] = b"\xd2\xcd1"
    assert opened(erased) is None


def test_a_file_takes_each_page_once():
    path = "area_of_test.bin"
    try:
        file = open(path, "wb")  # noqa: SIM115 - only the opening may fail
    except OSError:
        return  # this interpreter has no file system that can be written
    with file:
        file.write(b"\xff" * 8192)
    area = FileArea(path)
    area.write(256, bytearray([7] * 256))
    for page in (bytearray([7] * 256), bytearray(10)):
        try:
            area.write(256, page)
            raise AssertionError("written twice")
        except OSError:
            pass
    area.write(256, bytearray(256))  # zeros go over anything
    area.erase(0)
    area.write(256, bytearray([9] * 256))
    page = bytearray(256)
    FileArea(path).readinto(256, page)
    assert page == bytearray([9] * 256)
    assert (area.size, area.block_bytes) == (8192, 4096)
    import os

    os.remove(path)


def test_the_model_of_the_flash_notices_what_no_program_may_do():
    chip = Chip(2)
    chip.write(0, bytearray(256))
    for call, arguments in (
        (chip.write, (0, bytearray([1] * 256))),
        (chip.write, (100, bytearray(256))),
        (chip.write, (256, bytearray(255))),
        (chip.erase, (256,)),
    ):
        try:
            call(*arguments)
            raise AssertionError(arguments)
        except MisuseError:
            pass
