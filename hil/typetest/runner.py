"""Puts a controller through a profile's procedures on the bench in virtual time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from gridkeel.errors import ParameterError
from hil.bench.play import Delivery, delivery, play
from hil.report import RunRecord
from hil.rigs import rig as rigs
from hil.rigs.lockstep_run import Progress
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS, Finding
from hil.typetest.plan import chosen, procedures
from hil.typetest.procedure import Procedure
from hil.typetest.profile import Profile
from hil.typetest.recording import Recording
from host_tools.errors import ToolError


@dataclass
class Done:
    """One procedure, its findings, and the record they were measured on (None: nothing was played)."""

    procedure: Procedure | None
    title: str
    findings: list[Finding]
    record: RunRecord | None = None


@dataclass
class TypeTest:
    """A whole test of one controller to one profile."""

    profile: Profile
    parameters: dict[str, int]
    started_utc: str
    done: list[Done] = field(default_factory=list)
    whole: bool = True
    took_s: float = 0.0

    @property
    def findings(self) -> list[Finding]:
        return [finding for one in self.done for finding in one.findings]

    def count(self, verdict: str) -> int:
        return sum(finding.verdict == verdict for finding in self.findings)

    @property
    def played_s(self) -> float:
        """Virtual time of all procedures."""
        return sum(one.procedure.duration_s for one in self.done if one.procedure)

    @property
    def ok(self) -> bool:
        """Whether something was measured and nothing failed."""
        return bool(self.findings) and not self.count(FAIL)

    def statement(self) -> str:
        """Return the test's result in a sentence; it says `conforms` only where every figure is confirmed and met."""
        passed, failed, is_open, missing = (self.count(verdict) for verdict in (PASS, FAIL, OPEN, NOT_OFFERED))
        if failed:
            return f"does not conform: {failed} of {len(self.findings)} findings failed"
        if self.whole and not is_open and not missing and passed:
            return f"conforms in all {passed} findings"
        words = [f"{passed} findings passed"]
        if is_open:
            words.append(f"{is_open} rest on figures that no public source confirms")
        if not self.whole:
            words.append("not the whole procedure was played")
        if missing:
            words.append(f"{missing} not offered by this firmware")
        return ", ".join(words) + ": no statement of conformity"


Watch = Callable[[int, int, str, float], None]


def _silent(_position: int, _count: int, _words: str, _share: float) -> None:
    """Nobody watches."""


def run(
    profile: Profile,
    overrides: dict[str, int] | None = None,
    only: list[str] | None = None,
    firmware: Path | None = None,
    day: tuple[str, str] | None = None,
    watch: Watch = _silent,
) -> TypeTest:
    """Test a controller to a profile.

    overrides: parameters the controller gets over the profile's own.  only: names of procedures.  firmware: a program
    other than this checkout's.  watch: called with procedure number, their count, its title, the share that is done.
    Errors: ToolError for a procedure that is not there or parameters the controller refuses.
    """
    plan = chosen(procedures(profile, day), only)
    parameters = {**profile.parameters, **(overrides or {})}
    test = TypeTest(profile, parameters, datetime.now(UTC).isoformat(timespec="seconds"), whole=not only)
    began_s = perf_counter()
    rig = replace(rigs.load("lockstep"), firmware=str(firmware) if firmware else "")
    with tempfile.TemporaryDirectory(prefix="gridkeel-") as folder, delivery(Path(folder)) as way:
        for position, procedure in enumerate(plan):

            def reached(progress: Progress, position: int = position, title: str = procedure.title) -> None:
                watch(position, len(plan), title, progress.t_s / progress.duration_s)

            test.done.append(_play(procedure, profile, parameters, rig, way, reached))
    missing = [Finding(clause, what, "", "", None, offered=False) for clause, what in profile.not_offered]
    if missing and not only:
        test.done.append(Done(None, "Not offered by this firmware", missing))
    test.took_s = perf_counter() - began_s
    return test


def _play(
    procedure: Procedure,
    profile: Profile,
    parameters: dict[str, int],
    rig: rigs.Rig,
    way: Delivery,
    watch: Callable[[Progress], None],
) -> Done:
    try:
        record = play(procedure.scenario(parameters, profile.inverter), rig, {}, way, watch)
    except ParameterError as error:
        raise ToolError(f"procedure {procedure.name}: {error}") from error
    findings = procedure.measure(Recording(record, profile.nominal_hz))
    return Done(procedure, procedure.title, findings, record)
