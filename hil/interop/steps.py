"""Frequency steps in real time, on a charging car, while other talks keep the controller's processor busy.

The car charges at a nominal duty. Meanwhile somebody on the same cable does TLS handshakes, or has contracts checked,
one behind the other: each step falls into the middle of one.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

from gridkeel.crypto import trust
from gridkeel.evse import names
from hil.interop import talk
from hil.interop.rawcar import Address, ClosedError, RawCar
from hil.interop.stage import Stage, ground
from hil.interop.talk import Contract
from host_tools.errors import ToolError

LIMIT_MS = 100.0
CHANGES = {"hlc_wait_s": 5, "baseline_w": 6000, "return_spread_ms": 0}
BASIC_S = 40.0
STEP_HZ = (49.9, 50.0)  # no further: under 6 A a phase the pilot would pause the car
STEP_S = 0.8
ANSWER_S = 3.0
MOVED_W = 300.0  # of 1,233 W; what the estimate's noise moves is some watts
CONTRACTS = trust.MARKS + 1  # in turn, so that the controller has forgotten each when it comes again
_BITS_A_BYTE = 11

Say = Callable[[str], None]


@dataclass
class Run:
    """One kind of load.  delays_ms: from the step at the ADC to the last byte of the write that carries 90 % of it."""

    load: str
    done: int = 0
    delays_ms: list[float] = field(default_factory=list)
    unanswered: int = 0
    gap_ms: float = 0.0

    @property
    def median_ms(self) -> float:
        """The usual delay, 0 where no step was answered."""
        return median(self.delays_ms) if self.delays_ms else 0.0

    @property
    def worst_ms(self) -> float:
        """The longest delay."""
        return max(self.delays_ms, default=0.0)


def run(count: int, say: Say) -> list[Run]:
    """Return one Run for each load, of `count` steps each.  Errors: MissingError without root or iproute2."""
    with ground() as stage_with, stage_with(changes=CHANGES) as stage:
        contracts = [Contract.of(stage.pki, stage.pki.issue("contract", identity=_emaid(k))) for k in range(CONTRACTS)]
        stage.plug()
        address = stage.link.discover(True)  # only as long as the duty says that the car may talk
        say("waiting for basic charging")
        stage.charger.desk.wait_for("telemetry", stage.charger.desk.mark(), BASIC_S, _charges)
        loads: tuple[tuple[str, Callable[[int], None] | None], ...] = (
            ("none", None),
            ("TLS handshakes", lambda _k: _handshake(stage, address)),
            ("contract checks", lambda k: _check(stage, address, contracts[k % CONTRACTS])),
        )
        return [_measure(stage, name, load, count, say) for name, load in loads]


def _emaid(k: int) -> str:
    return f"DE8AA1{k:08d}"


def _charges(record: dict) -> bool:
    return record["offer"] == names.OFFERS[3] and record["power_w"] > CHANGES["baseline_w"] // 2


def _measure(stage: Stage, name: str, load: Callable[[int], None] | None, count: int, say: Say) -> Run:
    measured = Run(name)
    with _loaded(load, measured):
        time.sleep(STEP_S)
        mark = stage.charger.desk.mark()
        for k in range(count):
            say(f"{name}: step {k + 1} of {count}")
            low_hz, high_hz = STEP_HZ
            _step(stage, high_hz if stage.charger.grid.freq_hz == low_hz else low_hz, measured)
        rounds = stage.charger.desk.of("telemetry", mark)
    measured.gap_ms = max(record["loop_gap_us"] for record in rounds) / 1000
    return measured


@contextlib.contextmanager
def _loaded(load: Callable[[int], None] | None, measured: Run) -> Iterator[None]:
    if load is None:
        yield
        return
    stop = threading.Event()

    def keep_busy() -> None:
        for k in itertools.count():
            if stop.is_set():
                return
            with contextlib.suppress(OSError, ClosedError):
                load(k)
                measured.done += 1

    busy = threading.Thread(target=keep_busy, name="load", daemon=True)
    busy.start()
    try:
        yield
    finally:
        stop.set()
        busy.join()


def _handshake(stage: Stage, address: Address) -> None:
    with stage.link.connect(address) as plain, stage.link.secure(plain):
        pass


def _check(stage: Stage, address: Address, contract: Contract) -> None:
    with stage.link.connect(address) as plain, stage.link.secure(plain) as opened:
        car = RawCar(opened)
        car.choose(talk.CONTRACT)
        car.ask("PaymentDetailsReq", contract.details())
        car.ask("AuthorizationReq", *talk.authorization(car.last["GenChallenge"], contract.key))


def _moved(commands: list[tuple[float, float]], before_w: float) -> bool:
    return any(abs(power_w - before_w) > MOVED_W for _when, power_w in commands)


def _step(stage: Stage, freq_hz: float, measured: Run) -> None:
    charger = stage.charger
    before_w = charger.live.commands[-1][1] if charger.live.commands else float(CHANGES["baseline_w"])
    seen = len(charger.live.commands)
    taken = len(charger.grid.steps)
    charger.grid.step(freq_hz)
    due_s = time.monotonic() + ANSWER_S
    while time.monotonic() < due_s and not _moved(charger.live.commands[seen:], before_w):
        time.sleep(STEP_S / 20)
    time.sleep(STEP_S)  # the estimate settles, and with it the command
    if len(charger.grid.steps) == taken:
        raise ToolError("the mains of this machine stand still: it is too busy to feed a board in real time")
    at_s = charger.feed.start_s + charger.grid.steps[taken][0]
    commands = charger.live.commands[seen:]
    goal_w = commands[-1][1] if commands else before_w
    enough = [when for when, power_w in commands if abs(power_w - before_w) >= 0.9 * abs(goal_w - before_w) > 0]
    if enough and _moved(commands, before_w):
        measured.delays_ms.append((enough[0] - at_s) * 1000)
    else:
        measured.unanswered += 1
