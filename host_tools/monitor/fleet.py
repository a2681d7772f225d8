"""What is known of the controllers on a broker, from their messages alone; bounded, whatever comes."""

from __future__ import annotations

import json
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from host_tools.uplink import topics
from host_tools.uplink.dedupe import Dedupe

_DEVICES_MAX = 1000  # the one heard longest ago makes room
_PAYLOAD_MAX = 64 * 1024
_TEXT_MAX = 24
_NUMBER_MAX = 1e12
_HISTORY = 24
_NOMINALS_HZ = (50, 60)


@dataclass
class Controller:
    """The latest of each figure; None where it was never told."""

    device: str
    online: bool | None = None
    state: str | None = None
    limiter: str | None = None
    fault: str | None = None
    freq_hz: float | None = None
    deviation_mhz: float | None = None
    rocof_mhz_s: float | None = None
    command_w: float | None = None
    power_w: float | None = None
    soc_pct: float | None = None
    loop_gap_max_us: float | None = None
    messages: int = 0
    heard_s: float | None = None
    history: deque[float] = field(default_factory=lambda: deque(maxlen=_HISTORY))

    def document(self, now_s: float) -> dict[str, Any]:
        """Return the figures ready for JSON."""
        hidden = ("history", "heard_s")
        shown = {name: value for name, value in vars(self).items() if name not in hidden}
        return {**shown, "age_s": None if self.heard_s is None else round(now_s - self.heard_s, 3)}


class Fleet:
    """Controllers by the name in their topic."""

    def __init__(self) -> None:
        self.controllers: OrderedDict[str, Controller] = OrderedDict()
        self.malformed = 0
        self._dedupe = Dedupe()

    @property
    def doubled(self) -> int:
        return self._dedupe.doubled

    def take(self, topic: str, payload: bytes, now_s: float) -> Controller | None:
        """Fold one message in; return the controller it changed, None where it changed none."""
        parts = topics.split(topic)
        if parts is None or parts[1] in (topics.COMMAND, topics.ACK):
            return None
        document = _object(payload)
        if document is None:
            self.malformed += 1
            return None
        device, leaf = parts
        if leaf == topics.STATUS:
            return self._take_status(self._controller(device), document)
        if leaf == topics.BIRTH:
            return self._controller(device)
        boot, sequence = _count(document.get("boot")), _count(document.get("sequence"))
        if boot is None or sequence is None:
            self.malformed += 1
            return None
        if not self._dedupe.is_new(device, boot, sequence):
            return None
        controller = self._controller(device)
        controller.messages += 1
        controller.heard_s = now_s
        if leaf == "telemetry":
            _take_telemetry(controller, document)
        return controller

    def _controller(self, device: str) -> Controller:
        if device not in self.controllers:
            self.controllers[device] = Controller(_text(device) or "?")
            if len(self.controllers) > _DEVICES_MAX:
                self.controllers.popitem(last=False)
        self.controllers.move_to_end(device)
        return self.controllers[device]

    @staticmethod
    def _take_status(controller: Controller, document: dict[str, Any]) -> Controller:
        known = {"online": True, "offline": False}
        status = document.get("status")
        controller.online = known.get(status) if isinstance(status, str) else None
        return controller


def _take_telemetry(controller: Controller, document: dict[str, Any]) -> None:
    for name in ("state", "limiter", "fault"):
        setattr(controller, name, _text(document.get(name)))
    for name in ("rocof_mhz_s", "command_w", "power_w", "loop_gap_max_us"):
        setattr(controller, name, _number(document.get(name)))
    soc = _number(document.get("soc_pct_x100"))
    controller.soc_pct = None if soc is None or soc < 0 else soc / 100
    freq_uhz = _number(document.get("freq_uhz"))
    controller.freq_hz = controller.deviation_mhz = None
    if freq_uhz is not None:
        freq_hz = freq_uhz / 1e6
        nominal_hz = min(_NOMINALS_HZ, key=lambda hz: abs(hz - freq_hz))
        deviation_mhz = (freq_uhz - nominal_hz * 1e6) / 1e3
        controller.freq_hz, controller.deviation_mhz = freq_hz, deviation_mhz
        controller.history.append(deviation_mhz)


def _object(payload: bytes) -> dict[str, Any] | None:
    if len(payload) > _PAYLOAD_MAX:
        return None
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _count(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFFFFFF
    return value if fits else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= _NUMBER_MAX:
        return None
    return value if math.isfinite(value) else None


def _text(value: Any) -> str | None:
    """Return a text cut short and without what could move a terminal's cursor."""
    if not isinstance(value, str):
        return None
    return "".join(sign if sign.isprintable() else "?" for sign in value[:_TEXT_MAX])
