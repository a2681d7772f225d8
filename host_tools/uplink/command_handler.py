"""Commands to one controller: handed to its link, followed until the device's own result, one Result for each."""

from __future__ import annotations

from dataclasses import dataclass, field

from gridkeel import params
from host_tools.contract.commands import CommandError, Row, parse
from host_tools.errors import ToolError
from host_tools.link.events import Answered
from host_tools.link.host import COMMAND_TIMEOUT_S, HostLink
from host_tools.uplink import limits_in_force
from host_tools.uplink.command import Command, Result
from host_tools.uplink.events import EventQueue, GroupKnown

LIMITS_TIMEOUT_S = 1.5  # to read which limit was passed; without an answer the reason stays a general one
GROUP = "group"  # the parameter
OPEN_MAX = 16  # commands one controller may have open; the link takes eight commands at a time

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
    """A command whose rows are under way; `results` fills in the rows' names."""

    command: Command
    rows: dict[int, Row]
    results: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    limit_s: float = COMMAND_TIMEOUT_S
    beyond: Row | None = None  # the first row that is out of range: `reads` ask which limit it passed
    asked: bool = False
    reads: dict[int, str] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)


class CommandHandler:
    """One link's commands; every command that is submitted has one Result in the queue of events."""

    def __init__(self, link: HostLink, events: EventQueue) -> None:
        self._link = link
        self._events = events
        self._open: list[_Open] = []
        self._device = ""
        self._group_read: int | None = None

    def connected(self, device: str) -> None:
        """The controller is there: read which group it belongs to, where its firmware has that parameter."""
        self._device = device
        self._group_read = None
        if GROUP in self._link.dictionary.enums.get("TABLE", {}).values():
            self._read_group()

    def submit(self, command: Command, now_s: float) -> None:
        """Hand a command in; now_s is on the clock of its expiry."""
        refusal = self._refusal(command, now_s)
        if refusal is not None:
            self._events.put_nowait(refusal)
            return
        try:
            rows = parse(command.payload, self._link.dictionary)
            limit_s = COMMAND_TIMEOUT_S
            if command.expires_s is not None:
                limit_s = min(limit_s, command.expires_s - now_s)
            entered = {self._link.command(row.message, limit_s, **row.values): row for row in rows}
        except (CommandError, ToolError) as error:
            self._events.put_nowait(Result(command, REFUSED, str(error)))
            return
        self._open.append(_Open(command, entered, limit_s=limit_s))

    def take_answer(self, event: Answered) -> None:
        """Take the end of one link command; the last one of a command gives its Result."""
        if event.command_id == self._group_read:
            self._take_group(event)
            return
        for item in self._open:
            if event.command_id in item.reads:
                item.found |= _read(item.reads.pop(event.command_id), event)
            elif event.command_id in item.rows:
                self._take(item, item.rows.pop(event.command_id), event)
            else:
                continue
            if not item.rows and not item.reads and not self._ask_limits(item):
                self._open.remove(item)
                self._events.put_nowait(_verdict(item))
            return

    def _read_group(self) -> None:
        self._group_read = self._link.command("param_get", COMMAND_TIMEOUT_S, index=GROUP)

    def _take_group(self, event: Answered) -> None:
        self._group_read = None
        group = event.values.get("value")
        if event.error is None and group is not None:
            self._events.put_nowait(GroupKnown(self._device, group))
        elif event.error is not None and self._link.connected:
            self._read_group()

    def _take(self, item: _Open, row: Row, event: Answered) -> None:
        result, reason = self._outcome(event)
        item.results[row.name] = result
        item.reason = item.reason or reason
        if result == OK and row.values.get("index") == GROUP:
            self._events.put_nowait(GroupKnown(item.command.device, int(row.values["value"])))
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
        """Give a Result for what is open: the uplink ends."""
        open_now, self._open = self._open, []
        for item in open_now:
            self._events.put_nowait(
                Result(item.command, NO_ANSWER, "the uplink stopped before the controller answered")
            )

    def _refusal(self, command: Command, now_s: float) -> Result | None:
        if command.unfit:
            return Result(command, REFUSED, command.unfit)
        if command.expired(now_s):
            return Result(command, EXPIRED, "it expired before the controller could take it")
        if not self._link.connected:
            return Result(command, OFFLINE, "the controller's link is down")
        if len(self._open) >= OPEN_MAX:
            return Result(command, BUSY, f"{OPEN_MAX} commands are waiting for the controller already")
        return None

    def _outcome(self, event: Answered) -> tuple[str, str]:
        if event.error is not None:
            return NO_ANSWER, str(event.error)
        number = event.values.get("result", 0)
        name = self._link.dictionary.enums.get("RESULTS", {}).get(number, f"unknown_{number}")
        return name, "" if name == OK else _REASONS.get(name, "a result this uplink does not know")


def _read(name: str, event: Answered) -> dict[str, int]:
    """Return the value of a parameter that was asked for, nothing where the controller did not answer with it."""
    value = event.values.get("value")
    return {} if event.error is not None or value is None else {name: value}


def _verdict(item: _Open) -> Result:
    results = item.results
    worst = next((result for result in results.values() if result != OK), OK)
    named = results if all(name in params.NAMES for name in results) else None
    reason = item.reason
    if item.beyond is not None and worst == OUT_OF_RANGE:
        reason = limits_in_force.reason(item.beyond.message, item.beyond.values, item.found) or reason
    return Result(item.command, worst, reason, named)
