"""The table of multiples of P-256's base point that the firmware carries.

Worked out here in affine coordinates, apart from the firmware's own arithmetic.
"""

from __future__ import annotations

from pathlib import Path

PATH = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel" / "crypto" / "base_table.py"
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
TEETH = 5
SPACING = 64
BYTES_A_LINE = 25
HEAD = f'''"""Multiples of P-256's base point G, made by `make generate`.

Entry i, of {1 << (TEETH - 1)}, is 64 bytes x || y of 2**{(TEETH - 1) * SPACING} G + the sum over t = 0..{TEETH - 2} of
(+1 where bit t of i is set, -1 where not) * 2**({SPACING} t) G.
"""

# fmt: off
TABLE = (
'''

Point = tuple[int, int]


def add(a: Point, b: Point) -> Point:
    """Return the sum of two points that are not each other's negative."""
    rise, run = (3 * (a[0] * a[0] - 1), 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
    slope = rise * pow(run, -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def entries() -> list[Point]:
    """Return the points of the table."""
    teeth = [G]
    for _ in range(TEETH - 1):
        point = teeth[-1]
        for _ in range(SPACING):
            point = add(point, point)
        teeth.append(point)
    sums = []
    for index in range(1 << (TEETH - 1)):
        total = teeth[-1]
        for tooth, (x, y) in enumerate(teeth[:-1]):
            total = add(total, (x, y if index >> tooth & 1 else P - y))
        sums.append(total)
    return sums


def source() -> str:
    """Return the text of the firmware's file."""
    data = b"".join(x.to_bytes(32, "big") + y.to_bytes(32, "big") for x, y in entries())
    lines = []
    for at in range(0, len(data), BYTES_A_LINE):
        lines.append('    b"' + "".join(f"\\x{byte:02x}" for byte in data[at : at + BYTES_A_LINE]) + '"')
    return HEAD + "\n".join(lines) + "\n)\n"


def files() -> dict[Path, str]:
    """Return {path: text} of the one file made here."""
    return {PATH: source()}
