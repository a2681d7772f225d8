"""A board's rows as a sound RP2040 answers `gridkeel rig check`, with what a test changes in them."""

from __future__ import annotations

from typing import Any

from host_tools.rig_check.steps import PATTERN

SOUND: dict[str, dict[str, Any]] = {
    "hold": {"held": True},
    "identify": {"platform": "rp2", "machine": "Pico", "interpreter": "1.28.0", "firmware": "0.2.0"},
    "start": {"table": "rpi_pico", "device_id": "e661", "heap_free": 130000, "code": 0, "pilot": True},
    "safe": {"contactor": 0},
    "inputs": {"FEEDBACK": 1, "RCD": 0, "SERVICE": 1},
    "contactor": {"closed": 1, "opened": 0},
    "clock": {"samples": 96000, "lost": 0, "least": -20000, "most": 20000, "sample_hz": 4800},
    "line": {"got": list(PATTERN)},
    "flash": {"same": True, "replaced": True, "free": 800000, "took_ms": 40},
    "cause": {"cause": 3, "watchdog": 3},
    "end": {"safe": True},
    "pilot_off": {"off": True},
}


class Rows:
    """Answers as a Session does; changes: {function: changed fields, or an error}."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes
        self.calls: list[str] = []

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def call(self, name: str, *arguments: object, timeout_s: float = 0) -> dict[str, Any]:
        self.calls.append(name)
        if name == "pilot":
            [duty] = arguments
            row = {"high_mv": 12000 if duty else -12000, "low_mv": 12000 if duty == 1000 else -12000}
            changed = self._changes.get("pilot", {})
            return {key: changed.get(key, value) if duty else value for key, value in row.items()}
        return SOUND[name] | self._changes.get(name, {})

    def timed(self, name: str, *arguments: object, timeout_s: float) -> tuple[dict[str, Any], float]:
        return self.call(name), 20.0

    def starve(self, timeout_ms: int) -> float:
        if "starve" in self._changes:
            raise self._changes["starve"]
        return 2.0
