"""One line's update: a release offered to its controller, again after every break, until it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gridkeel.update import refusals, refusals_text, statuses
from host_tools.link.events import Offered
from host_tools.link.host import HostLink
from host_tools.uplink.command import Command, Result
from host_tools.uplink.command_handler import BUSY, EXPIRED, NO_ANSWER, OFFLINE, OK, REFUSED
from host_tools.uplink.events import EventQueue, ReleaseFetched

LIFETIME_S = 3600.0  # of a command without an expiry
SETTLE_S = 5.0  # after a connection: first come the records, which may say that the controller has it already
TRIAL_S = 10.0  # before another offer to an image that has not confirmed itself yet

_NAME_OF = {code: name for code, name, _text in refusals_text.CATALOGUE}
_TEXT_OF = {name: text for _code, name, text in refusals_text.CATALOGUE}
_SIGNATURES = (refusals.UNKNOWN_KEY, refusals.BAD_SIGNATURE, refusals.NO_KEYS, refusals.OLDER_KEYS)
_INVALID = statuses.NAMES[statuses.INVALID_SIGNATURE]
_UNVERIFIED = statuses.NAMES[statuses.INSTALL_VERIFICATION_FAILED]
_NOT_INSTALLED = statuses.NAMES[statuses.INSTALLATION_FAILED]
_NOT_LOADED = statuses.NAMES[statuses.DOWNLOAD_FAILED]
_FAILED = (_INVALID, _UNVERIFIED, _NOT_INSTALLED, _NOT_LOADED)
_REBOOTING = statuses.NAMES[statuses.INSTALL_REBOOTING]
_INSTALLED = statuses.NAMES[statuses.INSTALLED]
_DOWNLOADED = statuses.NAMES[statuses.DOWNLOADED]


@dataclass
class _Open:
    """The update under way.  number: of the stream that is offered, None between two offers."""

    command: Command
    release: str
    end_s: float
    data: bytes | None = None
    number: int | None = None
    offer_at_s: float = 0.0
    offered: bool = False
    status: str = ""


class UpdateHandler:
    """One link's updates, one at a time; each has one Result in the queue of events.  Times: of a Command's expiry."""

    def __init__(self, link: HostLink, events: EventQueue) -> None:
        self._link = link
        self._events = events
        self._open: _Open | None = None

    @property
    def release(self) -> str | None:
        """The name of the release under way, None where none is."""
        return self._open.release if self._open else None

    def begin(self, command: Command, release: str, now_s: float) -> bool:
        """Take a command; return whether its release is wanted."""
        if command.unfit:
            refusal = Result(command, REFUSED, command.unfit)
        elif command.expired(now_s):
            refusal = Result(command, EXPIRED, "it expired before the controller could take it")
        elif not self._link.connected:
            refusal = Result(command, OFFLINE, "the controller's link is down")
        elif self._open is not None:
            refusal = Result(command, BUSY, f"an update with release {self._open.release} is under way")
        else:
            end_s = now_s + LIFETIME_S if command.expires_s is None else command.expires_s
            self._open = _Open(command, release, end_s)
            return True
        self._events.put_nowait(refusal)
        return False

    def no_room(self) -> None:
        """Take note that the uplink has no room for this release."""
        self._end(BUSY, "other releases are under way at this uplink: ask again when they are done")

    def fetched(self, event: ReleaseFetched, now_s: float) -> None:
        """Take the release, or why it is not there; another one's is ignored."""
        job = self._open
        if job is None or job.release != event.name or job.data is not None:
            return
        if event.data is None:
            job.status = _NOT_LOADED
            self._end(REFUSED, event.reason)
            return
        job.data = event.data
        self.turn(now_s)

    def connected(self, now_s: float) -> None:
        """The controller's link is open."""
        if self._open:
            self._open.offer_at_s = now_s + SETTLE_S

    def turn(self, now_s: float) -> None:
        """Do what is due."""
        job = self._open
        if job is None:
            return
        if now_s >= job.end_s:
            self._withdraw(job)
            last = f", its last status was {job.status}" if job.status else ""
            self._end(NO_ANSWER, f"the controller did not take it within the command's lifetime{last}")
        elif job.data is not None and job.number is None and now_s >= job.offer_at_s and self._link.connected:
            job.number = self._link.offer(job.data)
            job.offered = True

    def deadline(self) -> float | None:
        """Return when `turn` is due, None where nothing waits for a time."""
        job = self._open
        if job is None:
            return None
        waits = job.data is not None and job.number is None and self._link.connected
        return min(job.end_s, job.offer_at_s) if waits else job.end_s

    def take_end(self, event: Offered, now_s: float) -> None:
        """Take the end of an offer."""
        job = self._open
        if job is None or job.number != event.number:
            return
        job.number = None
        if event.code is None:  # the line or the boot was lost: again, once the controller is back
            job.offer_at_s = max(job.offer_at_s, now_s + SETTLE_S)
        elif event.code == refusals.NONE:
            job.status = job.status or _DOWNLOADED
            self._end(OK)
        elif event.code == refusals.ON_TRIAL:
            job.offer_at_s = now_s + TRIAL_S
        else:
            job.status = _status_of(event.code)
            self._end(REFUSED, _text_of(_NAME_OF.get(event.code, str(event.code))))

    def take_record(self, record: Mapping[str, object]) -> None:
        """Take an `update` record of the controller."""
        job = self._open
        if job is None or not job.offered:
            return
        job.status, code = str(record.get("status")), str(record.get("code"))
        if job.status in (_REBOOTING, _INSTALLED):
            self._end(OK)
        elif job.status in _FAILED and code != _NAME_OF[refusals.ON_TRIAL]:
            self._withdraw(job)
            self._end(REFUSED, _text_of(code))

    def close(self) -> None:
        """Give a Result for what is open: the uplink ends."""
        if self._open:
            self._end(NO_ANSWER, "the uplink stopped before the controller had the release")

    def _withdraw(self, job: _Open) -> None:
        if job.number is not None:
            self._link.withdraw_offer()

    def _end(self, result: str, reason: str = "") -> None:
        job, self._open = self._open, None
        if job is not None:
            self._events.put_nowait(Result(job.command, result, reason, status=job.status))


def _status_of(code: int) -> str:
    if code in _SIGNATURES:
        return _INVALID
    return _UNVERIFIED if code == refusals.DIGEST_MISMATCH else _NOT_LOADED


def _text_of(code: str) -> str:
    return f"{code}: {_TEXT_OF[code]}" if code in _TEXT_OF else code
