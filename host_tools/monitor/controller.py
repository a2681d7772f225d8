"""One controller of a fleet: the latest figures of its messages."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field
from typing import Any

from gridkeel import errors_text
from host_tools.contract.online import Said

HISTORY = 12  # deviations kept for the sparkline
ALARMS_MAX = 16
STALE_S = 5.0
_TEXT_MAX = 24
_NUMBER_MAX = 1e12
_NOMINALS_HZ = (50, 60)
_SEVERITY = {name: severity for _code, name, severity, _text in errors_text.CATALOGUE}

NOTHING_SAID = Said(None, None, None)

FAULTED, OFFLINE, STALE, UNKNOWN, FINE = range(5)  # ranks: what needs somebody comes first


def _no_history() -> array[int]:
    return array("i")


@dataclass(slots=True)
class Controller:
    """The latest of each figure; None where it never came.

    said: what its own status topic says; online: that, and the presence of the uplink that it names.
    alarms: faults that are active, by their events, with the value that came with each.
    """

    device: str
    level: str = ""
    said: Said = NOTHING_SAID
    uplink: str | None = None
    online: bool | None = None
    reason: str | None = None
    state: str | None = None
    limiter: str | None = None
    fault: str | None = None
    alarms: dict[str, int | None] = field(default_factory=dict)
    freq_hz: float | None = None
    deviation_mhz: float | None = None
    rocof_mhz_s: float | None = None
    permitted_w: float | None = None
    delivered_w: float | None = None
    soc_pct: float | None = None
    loop_gap_max_us: float | None = None
    messages: int = 0
    heard_s: float | None = None
    history: array[int] = field(default_factory=_no_history)
    table: str | None = None  # of its birth, as JSON, where its records come without names
    faulted: bool = False  # whether `faults` holds any; kept, since every order of the fleet asks for it

    @property
    def faults(self) -> list[str]:
        """Active faults that matter, what drives the power to zero first; what only informs is left out."""
        named = [self.fault] if self.fault is not None and self.fault != "none" else []
        found = [name for name in dict.fromkeys([*named, *self.alarms]) if _SEVERITY.get(name) != "info"]
        return sorted(found, key=lambda name: _SEVERITY.get(name) == "warning")

    def age_s(self, now_s: float) -> float | None:
        return None if self.heard_s is None else max(0.0, now_s - self.heard_s)

    def rank(self, now_s: float) -> int:
        """Return how much this controller wants attention, FAULTED to FINE."""
        if self.faulted:
            return FAULTED
        if self.online is False:
            return OFFLINE
        age_s = self.age_s(now_s)
        if age_s is not None and age_s > STALE_S:
            return STALE
        return UNKNOWN if self.online is None else FINE

    def take_telemetry(self, document: dict[str, Any]) -> None:
        for name in ("state", "limiter", "fault"):
            setattr(self, name, text(document.get(name)))
        for name in ("rocof_mhz_s", "permitted_w", "delivered_w", "loop_gap_max_us"):
            setattr(self, name, figure(document.get(name)))
        soc = figure(document.get("soc_pct_x100"))
        self.soc_pct = None if soc is None or soc < 0 else soc / 100
        freq_uhz = figure(document.get("freq_uhz"))
        self.freq_hz = self.deviation_mhz = None
        if freq_uhz is not None:
            freq_hz = freq_uhz / 1e6
            nominal_hz = min(_NOMINALS_HZ, key=lambda hz: abs(hz - freq_hz))
            self.freq_hz, self.deviation_mhz = freq_hz, (freq_uhz - nominal_hz * 1e6) / 1e3
            self.history.append(max(-(10**9), min(10**9, round(self.deviation_mhz))))
            del self.history[:-HISTORY]
        self.faulted = bool(self.faults)

    def take_event(self, document: dict[str, Any]) -> str | None:
        """Fold a fault that came or went in; return it in words, None where the event names none."""
        name = text(document.get("fault"))
        if name is None or name == "none":
            return None
        value = figure(document.get("value"))
        if document.get("active") is not True:
            self.alarms.pop(name, None)
            self.faulted = bool(self.faults)
            return f"{name} ended"
        if name in self.alarms or len(self.alarms) < ALARMS_MAX:
            self.alarms[name] = None if value is None else int(value)
        self.faulted = bool(self.faults)
        return f"{name} began" + ("" if value is None else f", value {value:g}")

    def document(self, now_s: float) -> dict[str, Any]:
        """Return the figures ready for JSON."""
        hidden = ("history", "heard_s", "level", "said", "faulted", "table")
        shown = {name: getattr(self, name) for name in self.__slots__ if name not in hidden}
        age_s = self.age_s(now_s)
        return {**shown, "faults": self.faults, "age_s": None if age_s is None else round(age_s, 3)}


def figure(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _NUMBER_MAX:
        return None
    return value if math.isfinite(value) else None


def text(value: Any) -> str | None:
    """Return a text cut short and without what could move a terminal's cursor."""
    if not isinstance(value, str):
        return None
    return "".join(sign if sign.isprintable() else "?" for sign in value[:_TEXT_MAX])
