"""The ISO 15118 session of a scenario: a vehicle in virtual time, and a board that can trust it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from certs import v2g
from hil.plants.trace import Trace
from hil.scenarios.scenario import Scenario
from hil.scripted_vehicle.messages import Contract
from hil.scripted_vehicle.scripts import contract_session
from hil.scripted_vehicle.vehicle import HANDSHAKE, Span, VirtualVehicle

CHECKED = "PaymentDetailsReq"
SIGNED = "AuthorizationReq"
SHOWN = ((HANDSHAKE, "TLS handshake"), (CHECKED, "check of the contract's chain"), (SIGNED, "check of its signature"))


@dataclass(frozen=True)
class VehicleSession:
    """vehicle: what a run plays.  pki: folder for the board's flash."""

    vehicle: VirtualVehicle
    pki: Path

    @property
    def spans(self) -> list[tuple[float, float, str]]:
        """Where the vehicle kept the board busy, for the plots: (start_s, end_s, what)."""
        found = ((what, self.vehicle.span(name)) for name, what in SHOWN)
        return [(span.sent_us / 1e6, span.answered_us / 1e6, what) for what, span in found if span and span.answered_us]

    def figures(self, mains: object) -> dict[str, float]:
        """Return how long handshake and checks took, how many steps of the mains fell into each, what came of it."""
        shaken, check, signed = (self.vehicle.span(name) for name in (HANDSHAKE, CHECKED, SIGNED))
        jumps = mains.jumps_s() if isinstance(mains, Trace) else []
        held = all(span is not None and span.code.startswith("OK") for span in (check, signed))
        return {
            "handshake_ms": _took_ms(shaken),
            "contract_check_ms": _took_ms(check),
            "signature_check_ms": _took_ms(signed),
            "steps_in_handshake": _inside(shaken, jumps),
            "steps_in_check": _inside(check, jumps),
            "contract_accepted": float(held),
        }


@contextlib.contextmanager
def session_of(scenario: Scenario, unix_s: int) -> Iterator[VehicleSession | None]:
    """Make a PKI valid at unix_s and a vehicle with a contract of it; None where the scenario has no session."""
    if scenario.session is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="gridkeel-session-") as name:
        folder = Path(name)
        pki = v2g.make(folder / "pki", now=datetime.fromtimestamp(unix_s, UTC))
        v2g.export_device(pki, folder / "board")
        yield VehicleSession(VirtualVehicle(contract_session(scenario.session, Contract.of(pki))), folder / "board")


def _inside(span: Span | None, jumps: list[float]) -> float:
    return float(sum(span is not None and span.sent_us < at_s * 1e6 < span.answered_us for at_s in jumps))


def _took_ms(span: Span | None) -> float:
    return (span.answered_us - span.sent_us) / 1000 if span and span.answered_us else 0.0
