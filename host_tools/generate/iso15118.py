"""Generated section of docs/iso15118.md: states, messages and their times, from the session's own table."""

from __future__ import annotations

from pathlib import Path

from gridkeel.v2g.iso2 import response_codes, states
from host_tools.generate.section import page

_CLOCKS = (
    ("SETUP_TIMEOUT_MS", "from the connection to SessionSetupReq: then closed"),
    ("SEQUENCE_TIMEOUT_MS", "from a response to the next whole request, in every later state: then closed"),
    ("CABLE_CHECK_PERFORMANCE_MS", "cable check Ongoing: then FAILED"),
    ("PILOT_TIMEOUT_MS", "PowerDelivery Start without pilot state C or D: FAILED_PowerDeliveryNotApplied"),
    ("CONTACTOR_MS", "PowerDelivery Start, contactor closed: else FAILED_ContactorError, or NotApplied while it rests"),
    (
        "CONTACTOR_OPEN_MS",
        "PowerDelivery Stop, contactor open by its contact, and not welded: else FAILED_ContactorError",
    ),
)


def files() -> dict[Path, str]:
    """Return {path: text} of the page."""
    parts = [_states(), _messages(), _clocks(), _codes()]
    return page("iso15118.md", "gridkeel.v2g", [line for part in parts for line in [*part, ""]])


def _states() -> list[str]:
    lines = ["| state | requests allowed, and the states their answers lead to |", "|---|---|"]
    for name, allowed in states.STATES:
        lines.append(f"| `{name}` | {', '.join(_leads(request) for request in allowed) or 'none'} |")
    return lines


def _leads(request: str) -> str:
    requests, leads = states.NEXT[::3], states.NEXT[2::3]
    targets = sorted({target for name, target in zip(requests, leads, strict=True) if name == request})
    names = ", ".join(states.STATES[target][0] for target in targets) or "setup"
    return f"{request} ({names})"


def _messages() -> list[str]:
    lines = ["| request | SECC answers within | EVCC gives up after |", "|---|---|---|"]
    for request, (performance_ms, timeout_ms, _repeats) in states.MESSAGES.items():
        lines.append(f"| {request} | {_seconds(performance_ms)} | {_seconds(timeout_ms)} |")
    return lines


def _clocks() -> list[str]:
    lines = ["| clock | time | what it bounds |", "|---|---|---|"]
    for name, meaning in _CLOCKS:
        lines.append(f"| `{name}` | {_seconds(getattr(states, name))} | {meaning} |")
    return lines


def _codes() -> list[str]:
    lines = ["| response | codes, beside " + ", ".join(response_codes.ANY) + " |", "|---|---|"]
    return lines + [f"| {response} | {', '.join(codes)} |" for response, codes in response_codes.TABLE.items()]


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"
