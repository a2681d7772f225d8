"""Frequency steps in real time, on a charging vehicle, while others keep the controller's processor busy.

The vehicle charges at a nominal duty. Meanwhile somebody on the same cable does TLS handshakes, or has contracts
checked, one behind the other; a step counts where one of them went on between the step and its answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gridkeel.crypto import trust
from gridkeel.evse import names
from hil.interop import load
from hil.interop.load import Place, Spans, Work
from hil.interop.setup import Setup, setups
from host_tools.errors import ToolError

LIMIT_MS = 100.0
CHANGES = {"hlc_wait_s": 5, "baseline_w": 6000, "return_spread_ms": 0}
BASIC_S = 40.0
STEP_HZ = (49.9, 50.0)  # no further: under 6 A a phase the pilot would pause the vehicle
SETTLE_S = 0.45
LOOK_S = 0.02
ANSWER_S = 3.0
MOVED_W = 300.0  # of 1,233 W; what the estimate's noise moves is some watts
CONTRACTS = trust.MARKS + 1  # in turn, so that the controller has forgotten each when it comes again
ALONE = "none"
LOADS: tuple[tuple[str, Work | None], ...] = (
    (ALONE, None),
    ("TLS handshakes", load.handshakes),
    ("contract checks", load.checks),
)

Say = Callable[[str], None]


@dataclass
class Answer:
    """One step: when it was at the ADC, and when the last byte of the write that carries 90 % of its answer was out."""

    at_s: float
    answered_s: float

    @property
    def delay_ms(self) -> float:
        """From one to the other."""
        return (self.answered_s - self.at_s) * 1000


@dataclass
class Run:
    """One kind of load.  spans: of each handshake or check.  gap_ms: the longest pause of the control loop."""

    load: str
    steps: int = 0
    answers: list[Answer] = field(default_factory=list)
    spans: Spans = field(default_factory=list)
    gap_ms: float = 0.0

    @property
    def hit(self) -> list[Answer]:
        """The answers into which some of the load fell, all where there is none."""
        if self.load == ALONE:
            return self.answers
        return [
            answer
            for answer in self.answers
            if any(begun_s < answer.answered_s and end_s > answer.at_s for begun_s, end_s in self.spans)
        ]

    def delay_ms(self, percent: float) -> float:
        """Return a percentile of the delays that count."""
        delays_ms = [answer.delay_ms for answer in self.hit]
        return float(np.percentile(delays_ms, percent, method="inverted_cdf")) if delays_ms else float("nan")

    def document(self) -> dict[str, Any]:
        """Return it for a JSON file."""
        figures = {f"p{percent}_ms": self.delay_ms(percent) for percent in (50, 95, 100)}
        counts = {"load": self.load, "steps": self.steps, "answered": len(self.answers), "hit": len(self.hit)}
        delays_ms = [answer.delay_ms for answer in self.hit]
        return counts | {"done": len(self.spans), "gap_ms": self.gap_ms} | figures | {"delays_ms": delays_ms}


def run(count: int, say: Say) -> list[Run]:
    """Return one Run for each load, of `count` steps each.  Errors: MissingError without root or iproute2."""
    with setups() as setup_with, setup_with(changes=CHANGES) as setup:
        contracts = tuple(setup.pki.issue("contract", identity=f"DE8AA1{k:08d}") for k in range(CONTRACTS))
        setup.plug()
        address = setup.link.discover(True)  # only while the duty announces digital communication
        place = Place(setup.link.namespace, setup.link.root, address, setup.pki.folder, contracts)
        say("waiting for basic charging")
        setup.charger.host.wait_for("telemetry", setup.charger.host.mark(), BASIC_S, _charges)
        return [_measure(setup, name, work, place, count, say) for name, work in LOADS]


def _charges(record: dict[str, Any]) -> bool:
    return record["pwm_state"] == names.PWM[3] and record["delivered_w"] > CHANGES["baseline_w"] // 2


def _measure(setup: Setup, name: str, work: Work | None, place: Place, count: int, say: Say) -> Run:
    measured = Run(name)
    if work is None:
        _steps(setup, count, measured, say)
        return measured
    with load.going_on(work, place) as end:
        _steps(setup, count, measured, say)
        measured.spans = end()
    return measured


def _steps(setup: Setup, count: int, measured: Run, say: Say) -> None:
    time.sleep(SETTLE_S)
    mark = setup.charger.host.mark()
    for k in range(count):
        say(f"meanwhile {measured.load}: step {k + 1} of {count}")
        low_hz, high_hz = STEP_HZ
        _step(setup, high_hz if setup.charger.grid.freq_hz == low_hz else low_hz, measured)
    measured.gap_ms = max(record["loop_gap_us"] for record in setup.charger.host.of("telemetry", mark)) / 1000


def _moved(commands: list[tuple[float, float]], before_w: float) -> bool:
    return any(abs(power_w - before_w) > MOVED_W for _when, power_w in commands)


def _step(setup: Setup, freq_hz: float, measured: Run) -> None:
    charger = setup.charger
    before_w = charger.live.commands[-1][1] if charger.live.commands else float(CHANGES["baseline_w"])
    seen = len(charger.live.commands)
    taken = len(charger.grid.steps)
    charger.grid.step(freq_hz)
    due_s = time.monotonic() + ANSWER_S
    while time.monotonic() < due_s and not _moved(charger.live.commands[seen:], before_w):
        time.sleep(LOOK_S)
    time.sleep(SETTLE_S)  # the estimate settles, and with it the command
    if len(charger.grid.steps) == taken:
        raise ToolError("the simulated mains do not advance: this machine is too busy to feed a board in real time")
    measured.steps += 1
    commands = charger.live.commands[seen:]
    goal_w = commands[-1][1] if commands else before_w
    enough = [when for when, power_w in commands if abs(power_w - before_w) >= 0.9 * abs(goal_w - before_w) > 0]
    if enough and _moved(commands, before_w):
        measured.answers.append(Answer(charger.rig.start_s + charger.grid.steps[taken][0], enough[0]))
