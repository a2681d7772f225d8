"""No kernel reads words of a constant: what is found in a package that does, and that the firmware does not."""

from __future__ import annotations

import pytest

from host_tools.errors import ToolError
from host_tools.image import alignment
from host_tools.image.chips import CHIPS
from host_tools.image.package import module_of, sources
from host_tools.image.stamp import FIRMWARE

KERNELS = """\
import micropython


@micropython.viper
def words(buffer: ptr32, n: int) -> int:
    return buffer[n]


@micropython.viper
def octets(buffer: ptr8) -> int:
    return buffer[0]


@micropython.viper
def cast(buffer, a: int) -> int:
    t = ptr32(buffer)
    u = ptr32(int(t) + (a << 5) - a * 12)
    return u[0]


@micropython.viper
def inner(buffer, n: int) -> int:
    step = words
    return int(step(buffer, n))
"""


def faults(text: str, kernels: str = KERNELS, **others: str) -> list[str]:
    """Return what is found where a module `p.user` has this text."""
    modules = {"p": "", "p.kernels": kernels, "p.user": text, **{f"p.{name}": other for name, other in others.items()}}
    found = alignment.find(modules)  # a kernel that nobody calls here is none of it
    return sorted({str(fault) for fault in found if fault.module != "p.kernels" or "in flash" in fault.why})


CALLED = "from p.kernels import cast, inner, octets, words\n"
REFUSED = {
    "a constant": "words(b'1234', 0)",
    "a text": "words('1234', 0)",
    "a name of one": "TABLE = b'1234' b'5678'\nwords(TABLE, 0)",
    "octets of constants, which the image makes one": "TABLE = bytes((1, 2, 3, 4))\nwords(TABLE, 0)",
    "a constant or an array": "from array import array\nwords(array('i', [1]) if x else b'1234', 0)",
    "a cast": "cast(b'1234', 0)",
    "by a kernel that calls it": "inner(b'1234', 0)",
    "by another name": "run = words\nrun(b'1234', 0)",
    "an entry of a row": "for one in (bytearray(4), b'1234'):\n    words(one, 0)",
    "an argument": "def f(table):\n    words(table, 0)\n\n\nf(b'1234')",
    "a default": "def f(table=b'1234'):\n    words(table, 0)\n\n\nf()",
    "by keyword": "def f(n, table):\n    words(table, n)\n\n\nf(0, table=b'1234')",
    "a result": "def f():\n    return b'1234'\n\n\nwords(f(), 0)",
    "an attribute": "class A:\n    def __init__(self, t):\n        self._t = t\n\n    def f(self):\n"
    "        run = words\n        run(self._t, 0)\n\n\nA(b'1234').f()",
    "a class's own": "class A:\n    T = b'1234'\n\n    def f(self):\n        words(self.T, 0)",
    "an attribute above": "class A:\n    def __init__(self):\n        self._t = b'1234'\n\n\n"
    "class B(A):\n    def f(self):\n        words(self._t, 0)",
    "part of a memoryview": "view = memoryview(bytearray(8))\nwords(view[1:], 0)",
    "what nobody knows": "def f(table):\n    words(table, 0)",
    "what another package made": "import other\nwords(other.table(), 0)",
    "a kernel handed on": "print(words)",
    "another file's": "from p.tables import TABLE as T\nwords(T, 0)",
}
HELD = {
    "an array": "from array import array\nwords(array('i', [1]), 0)",
    "a copy": "words(b'12345678'[4:] if x else bytearray(b'1234'), 0)",
    "octets as octets": "octets(b'1234')",
    "a whole memoryview": "words(memoryview(bytearray(8)), 0)",
    "an attribute": "class A:\n    def __init__(self, t):\n        self._t = t\n\n    def f(self):\n"
    "        area, run = self._t, words\n        run(area, 0)\n\n\nA(bytearray(4)).f()",
    "another class's constant": "class A:\n    def __init__(self):\n        self._t = bytearray(4)\n\n"
    "    def f(self):\n        words(self._t, 0)\n\n\nclass B:\n    def __init__(self):\n        self._t = b'1234'",
    "kept ones": "kept = [bytearray(4)]\n\n\ndef f():\n    area = kept.pop() if kept else bytearray(8)\n"
    "    cast(area, 1)\n    kept.append(area)",
    "round in a circle": "def f(area, n):\n    words(area, n)\n    f(area, n - 1)\n\n\nf(bytearray(4), 3)",
    "none yet": "class A:\n    def __init__(self):\n        self._t = None\n\n    def f(self):\n"
    "        self._t = bytearray(4)\n        words(self._t, 0)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_be_no_aligned_buffer_is_found(name: str) -> None:
    assert faults(CALLED + REFUSED[name] + "\n", tables="TABLE = b'1234'\n"), REFUSED[name]


@pytest.mark.parametrize("name", HELD)
def test_what_comes_from_the_heap_is_let_be(name: str) -> None:
    assert faults(CALLED + HELD[name] + "\n") == []


def test_a_fault_names_place_kernel_and_where_the_constant_stands() -> None:
    [fault] = faults(CALLED + "TABLE = b'1234'\n\n\ndef f():\n    words(TABLE, 0)\n")
    assert fault == (
        "p.user, line 6: p.kernels.words reads 32 bits at a time of TABLE, a constant in flash (p.user, line 2)"
    )


@pytest.mark.parametrize(
    ("line", "held"),
    [
        ("ptr32(int(t) + (a << 2))", True),
        ("ptr32(int(t) + a * 36)", True),
        ("ptr32(int(t) + 12 * a)", True),
        ("ptr32(int(t) + 6 * a)", False),
        ("ptr16(int(t) + (a << 1))", True),
        ("ptr32((int(t) if a else int(t) + 8) + a * 4)", True),
        ("ptr32(int(t) + (a << 1))", False),
        ("ptr32(int(t) + a)", False),
        ("ptr32(int(t) + 2)", False),
        ("ptr16(int(t) + a * 3)", False),
    ],
)
def test_an_address_that_a_kernel_works_out_stays_a_multiple(line: str, held: bool) -> None:
    kernel = (
        f"import micropython\n\n\n@micropython.viper\ndef f(buffer, a: int):\n    t = ptr32(buffer)\n    u = {line}\n"
    )
    found = [str(each) for each in alignment.find({"p.k": kernel, "p.u": "from p.k import f\nf(bytearray(4), 1)\n"})]
    assert (found == []) == held, found


def test_a_kernel_in_assembler_must_say_what_it_reads() -> None:
    kernel = "import micropython\n\n\n@micropython.asm_thumb\ndef f(r0):\n    ldr(r0, [r0, 0])\n"
    with pytest.raises(ToolError, match="f is in assembler: say in alignment.py what it reads"):
        alignment.check({"p.k": kernel})


def firmware(chip: str) -> dict[str, str]:
    files = sources(FIRMWARE, CHIPS[chip])
    return {module_of(path.relative_to(FIRMWARE)): path.read_text() for path in files}


def test_the_one_that_faulted_on_an_rp2040_would_be_found() -> None:
    """A probe of octets in flash, which a kernel reads as words.  test_firmware_build.py checks what is built."""
    package = firmware("unix-x64")
    alignment.check(package)
    package["gridkeel.crypto.limbs"] += (
        '\nfrom gridkeel.crypto import kernels_slots\n_ZERO = kernels_slots.is_zero(b"12", 0)\n'
    )
    with pytest.raises(
        ToolError, match=r"kernels_slots\.is_zero reads 16 bits at a time of b'12', a constant in flash"
    ):
        alignment.check(package)
