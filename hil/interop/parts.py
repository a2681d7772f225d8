"""Parts of an answer's time: own work and what the controller waited for; an EV's first visit and later ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from hil.interop.drive import Outcome

DELIVERY, DETAILS, INSTALLATION = "PowerDeliveryReq", "PaymentDetailsReq", "CertificateInstallationReq"
# A request, the log's entry whose number is the ms it waited, and what for.
_WAITS = ((DELIVERY, "delivery", "the contactor"), (INSTALLATION, "backend", "the backend"))


@dataclass(frozen=True)
class PartRow:
    """Times of some of a request's answers, or of a part of each, in ms.

    ratio: to the peer's median of the whole answer, None where the peer was not asked.
    """

    what: str
    count: int
    median_ms: float
    worst_ms: float
    ratio: float | None


def rows(outcomes: Sequence[Outcome]) -> list[PartRow]:
    """Return the rows that the sessions have something for."""
    ours = [outcome for outcome in outcomes if outcome.charger == "gridkeel"]
    found = []
    for request, what, times in _parts(ours):
        if times:
            theirs = [time for outcome in outcomes if outcome.charger == "peer" for time in _times(outcome, request)]
            ratio = median(times) / median(theirs) if theirs else None
            found.append(PartRow(f"{request}, {what}", len(times), median(times), max(times), ratio))
    return found


def _parts(ours: list[Outcome]) -> Iterator[tuple[str, str, list[float]]]:
    for first, what in ((True, "a vehicle's first at this charger"), (False, "a vehicle that comes again")):
        yield DETAILS, what, [time for outcome in ours if outcome.first == first for time in _times(outcome, DETAILS)]
    for request, kind, what in _WAITS:
        split = [pair for outcome in ours for pair in _split(outcome, request, kind)]
        yield request, f"waiting for {what}", [waited_ms for waited_ms, _own_ms in split]
        yield request, "own work", [own_ms for _waited_ms, own_ms in split]


def _times(outcome: Outcome, request: str) -> list[float]:
    return [exchange.ms for exchange in outcome.exchanges if exchange.request == request]


def _split(outcome: Outcome, request: str, kind: str) -> Iterator[tuple[float, float]]:
    """Yield (waited, own) ms of each answer; the controller reports whole ms, so own is right to one."""
    waits = [float(entry["number"]) for entry in outcome.log if entry["kind"] == kind]
    times = _times(outcome, request)
    if len(waits) == len(times):
        for whole_ms, waited_ms in zip(times, waits, strict=True):
            yield waited_ms, max(0.0, whole_ms - waited_ms)
