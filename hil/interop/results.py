"""Results of the sessions: by mode, and by message compared with the peer's own charger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from hil.interop import parts
from hil.interop.drive import Exchange, Outcome
from hil.interop.modes import MODES

GOAL = 0.1  # of the peer's time, for each message
PHASES = {
    "supportedAppProtocolReq": "app_protocol",
    "SessionSetupReq": "session_setup",
    "ServiceDiscoveryReq": "service_discovery",
    "ServiceDetailReq": "service_detail",
    "PaymentServiceSelectionReq": "payment_selection",
    "CertificateInstallationReq": "certificate_installation",
    "PaymentDetailsReq": "payment_details",
    "AuthorizationReq": "authorization",
    "ChargeParameterDiscoveryReq": "charge_parameter_discovery",
    "CableCheckReq": "cable_check",
    "PreChargeReq": "precharge",
    "PowerDeliveryReq": "power_delivery",
    "ChargingStatusReq": "first_loop",
    "CurrentDemandReq": "first_loop",
}


@dataclass(frozen=True)
class MessageRow:
    """Times of one request's answer over all sessions, in ms; peer_ms and ratio are None where it was not asked."""

    request: str
    count: int
    median_ms: float
    worst_ms: float
    peer_ms: float | None
    ratio: float | None

    @classmethod
    def of(cls, request: str, times: Sequence[float], peer_times: Sequence[float]) -> MessageRow:
        """Sum up the times of one request at both chargers."""
        own_ms, peer_ms = median(times), _median(peer_times)
        return cls(request, len(times), own_ms, max(times), peer_ms, own_ms / peer_ms if peer_ms else None)

    @property
    def reached(self) -> bool:
        """Whether the median keeps the goal."""
        return self.ratio is not None and self.ratio <= GOAL


@dataclass(frozen=True)
class ModeRow:
    """Sessions of one mode; connect is TCP and the TLS handshake.  gap_ms: worst gap of the control loop meanwhile."""

    mode: str
    ok: int
    runs: int
    session_s: float
    peer_session_s: float | None
    connect_ms: float
    peer_connect_ms: float | None
    gap_ms: float
    reason: str


@dataclass
class Results:
    """All outcomes, ours and the peer's.  heap: bytes of the board's heap in a PnC session, {} where not probed."""

    outcomes: list[Outcome] = field(default_factory=list)
    heap: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether every session with the controller went to SessionStop with OK."""
        ours = [outcome.ok for outcome in self.outcomes if outcome.charger == "gridkeel"]
        return bool(ours) and all(ours)

    def modes(self) -> list[ModeRow]:
        """Return a row a mode, in the order of MODES."""
        return [self._mode(mode.name) for mode in MODES if self._of(mode.name, "gridkeel")]

    def messages(self) -> list[MessageRow]:
        """Return a row a request, in the order they first came: as the vehicle saw it."""
        return self._messages(lambda exchange: exchange.ms)

    def wire(self) -> list[MessageRow]:
        """Return the same at the charger's end of the cable, without the vehicle's own time."""
        return self._messages(lambda exchange: exchange.wire_ms)

    def document(self) -> dict[str, Any]:
        """Return everything, ready for JSON."""
        return {
            "ok": self.ok,
            "goal": GOAL,
            "modes": [asdict(row) for row in self.modes()],
            "messages": [asdict(row) for row in self.messages()],
            "wire": [asdict(row) for row in self.wire()],
            "parts": [asdict(row) for row in parts.rows(self.outcomes)],
            "heap": self.heap,
            "phases": [row for outcome in self.outcomes if outcome.charger == "gridkeel" for row in _phases(outcome)],
            "sessions": [asdict(outcome) for outcome in self.outcomes],
        }

    def _of(self, mode: str, charger: str) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.mode == mode and outcome.charger == charger]

    def _mode(self, mode: str) -> ModeRow:
        ours, theirs = self._of(mode, "gridkeel"), self._of(mode, "peer")
        return ModeRow(
            mode=mode,
            ok=sum(outcome.ok for outcome in ours),
            runs=len(ours),
            session_s=median(outcome.session_s for outcome in ours),
            peer_session_s=_median([outcome.session_s for outcome in theirs]),
            connect_ms=median(outcome.connect_ms for outcome in ours),
            peer_connect_ms=_median([outcome.connect_ms for outcome in theirs]),
            gap_ms=max(outcome.handshake.get("gap_us", 0) for outcome in ours) / 1000,
            reason=next((outcome.reason for outcome in ours if outcome.reason), ""),
        )

    def _messages(self, time_ms: Callable[[Exchange], float | None]) -> list[MessageRow]:
        ours, theirs = self._times("gridkeel", time_ms), self._times("peer", time_ms)
        return [MessageRow.of(request, times, theirs.get(request, ())) for request, times in ours.items()]

    def _times(self, charger: str, time_ms: Callable[[Exchange], float | None]) -> dict[str, list[float]]:
        times: dict[str, list[float]] = defaultdict(list)
        for outcome in self.outcomes:
            if outcome.charger == charger:
                for exchange in outcome.exchanges:
                    found = time_ms(exchange)
                    if found is not None:
                        times[exchange.request].append(found)
        return times


def _phases(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what the vehicle waited for in each phase of a session; of a loop its first round."""
    head = {"mode": outcome.mode, "run": outcome.run}
    rows = [{**head, "phase": "sdp", "ms": outcome.sdp_ms}, {**head, "phase": "tls", "ms": outcome.connect_ms}]
    seen: set[str] = set()
    for exchange in outcome.exchanges:
        phase = PHASES.get(exchange.request)
        if phase is not None and phase not in seen:
            seen.add(phase)
            rows.append({**head, "phase": phase, "ms": exchange.ms})
    return rows


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None
