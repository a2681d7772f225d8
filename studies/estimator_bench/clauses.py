"""The clauses of the estimator's bench: which tests belong together, and what is swept in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studies.estimator_bench.verdict import Row

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Clause:
    """One kind of test.  starts: how the names of its tests begin.  axis: what its points sweep, with the unit.

    meaning: what is asked, for a reader of the page.  standard: a test of IEC/IEEE 60255-118-1, not this project's own.
    """

    title: str
    starts: tuple[str, ...]
    axis: str
    meaning: str
    standard: bool = True


CLAUSES = (
    Clause("Steady frequency", ("steady",), "mains frequency, Hz", "A clean sine at a constant frequency."),
    Clause("Harmonics", ("harmonics",), "order of the harmonic", "One harmonic at a time on a nominal sine."),
    Clause(
        "Out-of-band interference",
        ("out of band",),
        "frequency of the interfering tone, Hz",
        "A tone of 10 % outside half the reporting rate.",
    ),
    Clause(
        "Amplitude modulation",
        ("amplitude modulation",),
        "rate of the modulation, Hz",
        "The amplitude swings by 10 %; limits grow with the rate.",
    ),
    Clause(
        "Phase modulation",
        ("phase modulation",),
        "rate of the modulation, Hz",
        "The phase swings by 10 degrees; limits grow with the rate.",
    ),
    Clause("Frequency ramps", ("ramps",), "rate of the ramp, Hz/s", "The frequency moves at a constant rate."),
    Clause(
        "Amplitude steps",
        ("amplitude step",),
        "time of the step, ms",
        "The amplitude steps by 10 %: how long an error over the steady limit lasts.",
    ),
    Clause(
        "Phase steps",
        ("phase step",),
        "time of the step, ms",
        "The phase steps: how long an error over the steady limit lasts.",
    ),
    Clause("Noise", ("noise",), "seed of the noise", "White noise, and the bound that no estimator can pass.", False),
    Clause(
        "Front end",
        ("amplitudes", "10, 12", "offset", "clipped", "sample clock"),
        "see the point's name",
        "Small amplitudes, coarse converters, offset, clipping, a sample clock that is off.",
        False,
    ),
    Clause(
        "Disturbed mains",
        ("inter-harmonics", "commutation", "dips"),
        "see the point's name",
        "Inter-harmonics, notches, dips and swells.",
        False,
    ),
    Clause(
        "Phase jumps",
        ("phase jumps",),
        "size of the jump, degrees",
        "A jump of the phase must not read as a frequency.",
        False,
    ),
    Clause(
        "True frequency steps",
        ("frequency steps",),
        "size of the step, Hz",
        "A true step of the frequency must be followed, and soon.",
        False,
    ),
)


def of(row: Row) -> Clause:
    """Return the clause of a row.  Errors: ValueError for a test that none names."""
    for clause in CLAUSES:
        if row.test.startswith(clause.starts):
            return clause
    raise ValueError(f"no clause names the test {row.test!r}")


def grouped(rows: Sequence[Row]) -> list[tuple[Clause, list[Row]]]:
    """Return the clauses that were tested, in order, with their rows."""
    found = [(clause, [row for row in rows if of(row) is clause]) for clause in CLAUSES]
    return [(clause, members) for clause, members in found if members]


def place(point: str, position: int) -> float:
    """Return the place of a point on its clause's axis: the first number of its name, else its position."""
    match = _NUMBER.search(point)
    return float(match[0]) if match else float(position)
