"""Where commands from MQTT meet one link: handed in, followed until the device's own result, answered once each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gridkeel import params
from host_tools.contract.commands import CommandError, Row, parse
from host_tools.errors import ToolError
from host_tools.link import events
from host_tools.link.host import COMMAND_TIMEOUT_S, HostLink
from host_tools.uplink import limits_in_force
from host_tools.uplink.command import Answer, Request

LIMITS_TIMEOUT_S = 1.5  # to read which limit was passed; without an answer the reason stays a general one
OPEN_MAX = 16  # requests one controller may have open; the link takes eight commands at a time

OK = "ok"
REFUSED = "refused"
OUT_OF_RANGE = "out_of_range"
EXPIRED = "expired"
OFFLINE = "offline"
BUSY = "busy"
NO_ANSWER = "no_answer"

_REASONS = {
    "unknown": "the controller does not know it",
    "out_of_range": "outside the limits the controller has in force",
    "refused": "the controller refused it",
    "expired": "too late for the controller",
}


@dataclass
class _Open:
    """A request whose rows are under way; `results` fills in the rows' names."""

    request: Request
    rows: dict[int, Row]
    results: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    limit_s: float = COMMAND_TIMEOUT_S
    beyond: Row | None = None  # the first row that is out of range: `reads` ask which limit it passed
    asked: bool = False
    reads: dict[int, str] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)


class CommandDesk:
    """One link's commands; `answer` is called once for every request submitted."""

    def __init__(self, link: HostLink, answer: Callable[[Answer], None]) -> None:
        self._link = link
        self._answer = answer
        self._open: list[_Open] = []

    def submit(self, request: Request, now_s: float) -> None:
        """Hand a request in; now_s is on the clock of its expiry."""
        refusal = self._refusal(request, now_s)
        if refusal is not None:
            self._answer(refusal)
            return
        try:
            rows = parse(request.payload)
            limit_s = COMMAND_TIMEOUT_S
            if request.expires_s is not None:
                limit_s = min(limit_s, request.expires_s - now_s)
            entered = {self._link.command(row.message, limit_s, **row.values): row for row in rows}
        except (CommandError, ToolError) as error:
            self._answer(Answer(request, REFUSED, str(error)))
            return
        self._open.append(_Open(request, entered, limit_s=limit_s))

    def answered(self, event: events.Answered) -> None:
        """Take the end of one link command; the last one of a request answers it."""
        for item in self._open:
            if event.command_id in item.reads:
                item.found |= _read(item.reads.pop(event.command_id), event)
            elif event.command_id in item.rows:
                self._take(item, item.rows.pop(event.command_id), event)
            else:
                continue
            if not item.rows and not item.reads and not self._ask_limits(item):
                self._open.remove(item)
                self._answer(_verdict(item))
            return

    def _take(self, item: _Open, row: Row, event: events.Answered) -> None:
        result, reason = self._outcome(event)
        item.results[row.name] = result
        item.reason = item.reason or reason
        if result == OUT_OF_RANGE and item.beyond is None:
            item.beyond = row

    def _ask_limits(self, item: _Open) -> bool:
        """Read the parameters behind a row that is out of range, once; return whether answers are to be waited for."""
        if item.beyond is None or item.asked or not self._link.connected:
            return False
        item.asked = True
        limit_s = min(LIMITS_TIMEOUT_S, item.limit_s)
        names = limits_in_force.parameters_of(item.beyond.message)
        item.reads = {self._link.command("param_get", limit_s, index=name): name for name in names}
        return bool(item.reads)

    def close(self) -> None:
        """Answer what is open: the uplink ends."""
        open_now, self._open = self._open, []
        for item in open_now:
            self._answer(Answer(item.request, NO_ANSWER, "the uplink stopped before the controller answered"))

    def _refusal(self, request: Request, now_s: float) -> Answer | None:
        if request.unfit:
            return Answer(request, REFUSED, request.unfit)
        if request.expired(now_s):
            return Answer(request, EXPIRED, "it expired before the controller could take it")
        if not self._link.connected:
            return Answer(request, OFFLINE, "the controller's link is down")
        if len(self._open) >= OPEN_MAX:
            return Answer(request, BUSY, f"{OPEN_MAX} commands are waiting for the controller already")
        return None

    def _outcome(self, event: events.Answered) -> tuple[str, str]:
        if event.error is not None:
            return NO_ANSWER, str(event.error)
        number = event.values.get("result", 0)
        name = self._link.dictionary.enums.get("RESULTS", {}).get(number, f"unknown_{number}")
        return name, "" if name == OK else _REASONS.get(name, "a result this uplink does not know")


def _read(name: str, event: events.Answered) -> dict[str, int]:
    """Return the value of a parameter that was asked for, nothing where the controller did not tell it."""
    value = event.values.get("value")
    return {} if event.error is not None or value is None else {name: value}


def _verdict(item: _Open) -> Answer:
    results = item.results
    worst = next((result for result in results.values() if result != OK), OK)
    named = results if all(name in params.NAMES for name in results) else None
    reason = item.reason
    if item.beyond is not None and worst == OUT_OF_RANGE:
        reason = limits_in_force.reason(item.beyond.message, item.beyond.values, item.found) or reason
    return Answer(item.request, worst, reason, named)
