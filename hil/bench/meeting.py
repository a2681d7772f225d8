"""A car and a board that can trust each other, for a scenario in which one talks to the other in virtual time."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from certs import v2g
from hil.bench.scenario import Scenario
from hil.interop.scripts import contract_talk
from hil.interop.talk import Contract
from hil.interop.virtual_car import Span, VirtualCar
from hil.plants.trace import Trace

CHECKED = "PaymentDetailsReq"
SIGNED = "AuthorizationReq"


@dataclass(frozen=True)
class Meeting:
    """car: what a run plays.  pki: folder for the board's flash."""

    car: VirtualCar
    pki: Path

    def figures(self, mains: object) -> dict[str, float]:
        """Return how long the contract's check took, how many steps of the mains fell into it, whether it held."""
        check, signed = self.car.span(CHECKED), self.car.span(SIGNED)
        jumps = mains.jumps_s() if isinstance(mains, Trace) else []
        inside = [at_s for at_s in jumps if check and check.sent_us < at_s * 1e6 < check.answered_us]
        held = all(span is not None and span.code.startswith("OK") for span in (check, signed))
        return {
            "contract_check_ms": _took_ms(check),
            "signature_check_ms": _took_ms(signed),
            "steps_in_check": float(len(inside)),
            "contract_accepted": float(held),
        }


@contextlib.contextmanager
def meeting_of(scenario: Scenario, unix_s: int) -> Iterator[Meeting | None]:
    """Make a PKI that is valid at unix_s and the scenario's car with a contract of it; None where it has no car."""
    if scenario.car is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="gridkeel-meeting-") as name:
        folder = Path(name)
        pki = v2g.make(folder / "pki", now=datetime.fromtimestamp(unix_s, UTC))
        v2g.export_device(pki, folder / "board")
        yield Meeting(VirtualCar(contract_talk(scenario.car, Contract.of(pki))), folder / "board")


def _took_ms(span: Span | None) -> float:
    return (span.answered_us - span.sent_us) / 1000 if span and span.answered_us else 0.0
