"""Chips that the firmware is built for: what the compiler needs to know of each, what a stock MicroPython leaves there.

A figure with "measured" was taken on that chip's instruction set under emulation or on the interpreter itself; one with
"reckoned" follows from it or from the maker's and MicroPython's documents, and wants a board to confirm it.
"""

from __future__ import annotations

from dataclasses import dataclass

from gridkeel.evse import BASIC, FIXED, ISO15118
from host_tools.errors import ToolError

KIB = 1024
SMALL_INT_BITS = 31  # a small integer of a 32-bit object model; the firmware keeps its control values inside
# Octets of heap on a 32-bit board: the application at rest (measured: Cortex-M7 and RP2040, folded image) and, with
# ISO 15118, its largest session (measured on the 64-bit port, 44 kB of a board's) and TLS (reckoned: records of 16 kB
# each way and the keys).
_AT_REST = {FIXED: 107_000, BASIC: 116_500, ISO15118: 194_600}
_SESSION = 44_000
_TLS = 36_000
# What the 64-bit port needs more for the same objects, measured on this firmware; its TLS lies outside of the heap.
_WIDE_PER_CENT = 155
_MEASURED_SAMPLES = 48  # of a block where the cycles were measured: 10 ms at 4,800 Hz
CYCLE_SHARE_PER_CENT = 80  # of a block of samples; the rest is for the link, the meter and the garbage

MODES = {FIXED: "fixed vehicle", BASIC: "IEC 61851", ISO15118: "ISO 15118"}


@dataclass(frozen=True)
class Chip:
    """One chip.

    march: architecture for mpy-cross.  family: the file of gridkeel/boards that drives it.  floats: how it computes
    with them.  clock_hz: of a stock MicroPython; a board states its own.  heap_bytes, flash_bytes: in all, of the
    smallest usual part.  interpreter_bytes: flash that MicroPython itself takes.  step_cycles: processor cycles of the
    longest control step with a fixed vehicle, with a pilot, and of its part that grows with the samples of a block.
    """

    name: str
    core: str
    march: str
    family: str
    floats: str
    clock_hz: int
    heap_bytes: int
    heap_source: str
    flash_bytes: int
    interpreter_bytes: int
    step_cycles: tuple[int, int, int]
    step_source: str
    word_bytes: int = 4

    def heap_required(self, mode: int) -> int:
        """Return the octets of heap that the application takes at most in a mode of parameter `evse`."""
        taken = _AT_REST[mode] + (_SESSION if mode == ISO15118 else 0)
        if self.word_bytes == 8:
            return taken * _WIDE_PER_CENT // 100
        return taken + (_TLS if mode == ISO15118 else 0)

    def lowest_clock_hz(self, mode: int, block_ms: int, sample_hz: int) -> int:
        """Return the lowest clock that leaves a fifth of a block of samples free."""
        return -(-self.cycles(mode, block_ms, sample_hz) * 100_000 // (block_ms * CYCLE_SHARE_PER_CENT))

    def cycles(self, mode: int, block_ms: int, sample_hz: int) -> int:
        """Return the processor cycles of the longest control step in a mode of parameter `evse`."""
        fixed, pilot, sensing = self.step_cycles
        more = block_ms * sample_hz // 1000 - _MEASURED_SAMPLES
        return (fixed if mode == FIXED else pilot) + sensing * more // _MEASURED_SAMPLES


# The M7 executes 233 k instructions in its longest step with a fixed vehicle and 307 k with a pilot, 73 k of them for
# the samples (measured, tests/bench/bench_chips.py); other cores of 32 bits with the same kind of instructions take
# about as many. Cycles an instruction: 2 to 3 with code in flash behind a cache.
_INSTRUCTIONS = (233_000, 307_000, 73_000)


def _cycles(per_instruction: float) -> tuple[int, int, int]:
    fixed, pilot, sensing = (int(count * per_instruction) for count in _INSTRUCTIONS)
    return fixed, pilot, sensing


_ALL = (
    Chip(
        "rp2040",
        core="Cortex-M0+",
        march="armv6m",
        family="rp2",
        floats="single, in software",
        clock_hz=125_000_000,
        heap_bytes=245_888,
        heap_source="measured: MicroPython 1.28, Raspberry Pi Pico",
        flash_bytes=2048 * KIB,
        interpreter_bytes=640 * KIB,
        step_cycles=(590_000, 800_000, 172_000),
        step_source="measured under emulation, with an EV that charges and frequency steps of 0.5 Hz",
    ),
    Chip(
        "rp2350",
        core="Cortex-M33",
        march="armv7emsp",
        family="rp2",
        floats="single, in hardware",
        clock_hz=150_000_000,
        heap_bytes=490_000,
        heap_source="reckoned: 512 KiB less the RP2040's static data and a reserve",
        flash_bytes=4096 * KIB,
        interpreter_bytes=1024 * KIB,
        step_cycles=_cycles(2.5),
        step_source="reckoned: the M7's instructions, 2.5 cycles each",
    ),
    Chip(
        "esp32s3",
        core="Xtensa LX7",
        march="xtensawin",
        family="esp32",
        floats="single, in hardware",
        clock_hz=240_000_000,
        heap_bytes=2_000_000,
        heap_source="reckoned: a module with 2 MB of PSRAM; a board without says its own, some 200 kB",
        flash_bytes=8192 * KIB,
        interpreter_bytes=2048 * KIB,
        step_cycles=_cycles(3.0),
        step_source="reckoned: the M7's instructions, 3 cycles each",
    ),
    Chip(
        "esp32c3",
        core="RISC-V RV32IMC",
        march="rv32imc",
        family="esp32",
        floats="single, in software",
        clock_hz=160_000_000,
        heap_bytes=170_000,
        heap_source="reckoned: 400 KiB of SRAM less ESP-IDF and Wi-Fi",
        flash_bytes=4096 * KIB,
        interpreter_bytes=2048 * KIB,
        step_cycles=_cycles(2.5),
        step_source="reckoned: the M7's instructions, 2.5 cycles each",
    ),
    Chip(
        "esp32c6",
        core="RISC-V RV32IMAC",
        march="rv32imc",
        family="esp32",
        floats="single, in software",
        clock_hz=160_000_000,
        heap_bytes=260_000,
        heap_source="reckoned: 512 KiB of SRAM less ESP-IDF and Wi-Fi",
        flash_bytes=4096 * KIB,
        interpreter_bytes=2048 * KIB,
        step_cycles=_cycles(2.5),
        step_source="reckoned: the M7's instructions, 2.5 cycles each",
    ),
    Chip(
        "stm32h743",
        core="Cortex-M7",
        march="armv7emsp",
        family="stm32",
        floats="single, in hardware",
        clock_hz=400_000_000,
        heap_bytes=440_000,
        heap_source="reckoned: 512 KiB of AXI SRAM less 16 KiB of stack and static data",
        flash_bytes=2048 * KIB,
        interpreter_bytes=640 * KIB,
        step_cycles=_cycles(3.0),
        step_source="reckoned: instructions measured, 3 cycles each",
    ),
    Chip(
        "unix-x64",
        core="x86-64",
        march="x64",
        family="virtual",
        floats="double, in hardware",
        clock_hz=1_000_000_000,
        heap_bytes=400 * KIB,
        heap_source="given: -X heapsize of the virtual board",
        flash_bytes=4096 * KIB,
        interpreter_bytes=0,
        step_cycles=_cycles(2.5),
        step_source="reckoned: the M7's instructions, 2.5 cycles each",
        word_bytes=8,
    ),
)
CHIPS = {chip.name: chip for chip in _ALL}
FAMILIES = tuple(dict.fromkeys(chip.family for chip in _ALL))


def chip_named(name: str) -> Chip:
    """Return a chip by its name, as MicroPython writes it or in small letters.

    Errors: ToolError that lists the known ones.
    """
    if name.lower() not in CHIPS:
        raise ToolError(f"unknown chip {name!r}: {', '.join(CHIPS)}")
    return CHIPS[name.lower()]
