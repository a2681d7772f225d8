"""Generated section of docs/iso15118.md: states, messages, their times and codes, and the log's codes."""

from __future__ import annotations

from pathlib import Path

from gridkeel.v2g import journal_text
from gridkeel.v2g.iso2 import response_codes, states, states_text
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
    parts = [_states(), _messages(), _clocks(), _codes(), _kinds(), _log_codes()]
    return page("iso15118.md", "gridkeel.v2g", [line for part in parts for line in [*part, ""]])


def _states() -> list[str]:
    lines = ["| state | requests allowed, and the states their answers lead to |", "|---|---|"]
    for state, name in enumerate(states_text.STATES):
        leads = [_leads(state, request) for request in states_text.allowed(state)]
        lines.append(f"| `{name}` | {', '.join(leads) or 'none'} |")
    return lines


def _leads(state: int, request: str) -> str:
    targets = [following for at, name, _condition, following in states_text.moves() if (at, name) == (state, request)]
    return f"{request} ({', '.join(states_text.STATES[target] for target in targets)})"


def _messages() -> list[str]:
    lines = ["| request | SECC answers within | EVCC gives up after |", "|---|---|---|"]
    for request in states_text.REQUESTS:
        performance_ms, timeout_ms = states_text.times_ms(request)
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


def _kinds() -> list[str]:
    lines = ["| entry of the log | what it says |", "|---|---|"]
    return lines + [f"| `{name}` | {text} |" for _kind, name, text in journal_text.KINDS[1:]]


def _log_codes() -> list[str]:
    lines = ["| code | name | meaning |", "|---|---|---|"]
    return lines + [f"| {code} | `{name}` | {text} |" for code, name, text in journal_text.CATALOGUE]


def _seconds(ms: int) -> str:
    return f"{ms / 1000:g} s"
