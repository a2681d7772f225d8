"""What a mutant is, and how a table of them is read."""

from __future__ import annotations

from typing import NamedTuple

# (file, the tests that must notice, pairs of what stands there and what is planted)
Table = tuple[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], ...]

# viper's arithmetic: CPython and the 32-bit build never import it
_VIPER = tuple(f"crypto/{name}.py" for name in ("kernels", "kernels_wide", "formulas", "points", "limbs"))


class Mutant(NamedTuple):
    """`old` becomes `new` in <file>; tests: the test files that must notice.

    A file is one of the firmware (services/droop.py), or of the fleet model (hil/fleet/droop.py).
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def runner(self) -> str:
        """Where the tests run: "fleet", "micropython" or "device" (the device tests on CPython)."""
        if self.file.startswith("hil/"):
            return "fleet"
        return "micropython" if self.file in _VIPER else "device"

    @property
    def path(self) -> str:
        """The file, from the root of the checkout."""
        return self.file if self.runner == "fleet" else f"firmware/gridkeel/{self.file}"

    @property
    def title(self) -> str:
        return f"{self.file}: {self.old.strip()!r} -> {self.new.strip()!r}"


def of(file: str, tests: tuple[str, ...], *pairs: tuple[str, str]) -> list[Mutant]:
    return [Mutant(file, old, new, tests) for old, new in pairs]


def read(table: Table) -> list[Mutant]:
    """Return the mutants of a table."""
    return [mutant for file, tests, pairs in table for mutant in of(file, tests, *pairs)]
