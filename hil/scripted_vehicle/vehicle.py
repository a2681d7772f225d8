"""A vehicle in virtual time: a script of what it does, played against the board's records of lockstep_vehicles.py.

A script is a generator. It yields steps and gets back what came of them: of Say the response's frame, None where the
connection was closed instead; of Listen whether it was closed; of the others nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from gridkeel.v2g import sap
from hil.scripted_vehicle import messages

DATA, PLAIN, SECURED, CLOSED, AGREED = range(5)  # records of gridkeel/boards/lockstep_vehicles.py
THINK_US = 20_000
HANDSHAKE = "the TLS handshake"
_HEAD = struct.Struct("<BH")
_HANDSHAKE = struct.Struct("<I")


@dataclass(frozen=True)
class Connect:
    """Open a connection; secured: it counts as TLS, and the board is busy for handshake_us before anything is said."""

    secured: bool
    handshake_us: int = 0


@dataclass(frozen=True)
class HangUp:
    """Close it."""


@dataclass(frozen=True)
class Say:
    """Send a request and wait for what comes of it."""

    request: str
    frame: bytes


@dataclass(frozen=True)
class Rest:
    """Do nothing for so long; until_s: nor before this time of the run."""

    for_s: float = 0.0
    until_s: float = 0.0


@dataclass(frozen=True)
class Listen:
    """Say nothing until the board closes the connection, for most_s at most."""

    most_s: float


@dataclass(frozen=True)
class Do:
    """Let something happen at the connector: a word of ConnectorPlant.do."""

    word: str


Step = Connect | HangUp | Say | Rest | Listen | Do
Script = Generator[Step, Any, None]


@dataclass
class Span:
    """One request (or HANDSHAKE), when it left and when its response was there; answered_us 0 where it never was."""

    request: str
    sent_us: int
    code: str = ""
    answered_us: int = 0


class VirtualVehicle:
    """next_us: when it has something to do, None while it waits.  now_us: the time, for its script.

    connector: takes the words of Do.  spans: what it said so far.
    """

    def __init__(
        self, script: Callable[[VirtualVehicle], Script], connector: Callable[[str], None] = lambda _word: None
    ) -> None:
        self.next_us: int | None = 0
        self.now_us = 0
        self.spans: list[Span] = []
        self.connector = connector
        self._script = script(self)
        self._begun = False
        self._over = False
        self._outcome: Any = None
        self._waits: type[Connect] | type[Say] | type[Listen] | None = None
        self._records = b""
        self._frame = b""

    def to_board(self, now_us: int) -> bytes:
        """Return what it says now; call it when next_us has come."""
        self.now_us = now_us
        self.next_us = None
        if self._waits is Listen:
            self._outcome, self._waits = False, None  # the time for it is over
        out = b""
        while not self._over and self.next_us is None and self._waits is None:
            out += self._carry_out(self._advance())
        return out

    def from_board(self, data: bytes, now_us: int) -> None:
        """Take the board's records."""
        self.now_us = now_us
        self._records += data
        while len(self._records) >= _HEAD.size:
            kind, n = _HEAD.unpack_from(self._records)
            if len(self._records) < _HEAD.size + n:
                return
            body, self._records = self._records[_HEAD.size : _HEAD.size + n], self._records[_HEAD.size + n :]
            if kind == DATA:
                self._hear(body)
            elif kind == AGREED:
                self.spans[-1].answered_us = now_us
                self._settle(None)
            elif self._waits is not None:
                self._settle(self._waits is Listen or None)

    def span(self, request: str) -> Span | None:
        """Return the first time it said this, None where it never did."""
        return next((span for span in self.spans if span.request == request), None)

    def _advance(self) -> Step | None:
        outcome, self._outcome = self._outcome, None
        try:
            if self._begun:
                return self._script.send(outcome)
            self._begun = True
            return next(self._script)
        except StopIteration:
            self._over = True
            return None

    def _carry_out(self, step: Step | None) -> bytes:
        if isinstance(step, Connect):
            return self._connect(step)
        if isinstance(step, HangUp):
            return _record(CLOSED)
        if isinstance(step, Say):
            self._waits = Say
            self.spans.append(Span(step.request, self.now_us))
            return _record(DATA, step.frame)
        if isinstance(step, Do):
            self.connector(step.word)
        elif isinstance(step, Rest):
            self.next_us = max(self.now_us + round(step.for_s * 1e6), round(step.until_s * 1e6))
        elif isinstance(step, Listen):
            self._waits = Listen
            self.next_us = self.now_us + round(step.most_s * 1e6)
        return b""

    def _connect(self, step: Connect) -> bytes:
        if not step.secured:
            return _record(PLAIN)
        self._waits = Connect
        self.spans.append(Span(HANDSHAKE, self.now_us))
        return _record(SECURED, _HANDSHAKE.pack(step.handshake_us))

    def _hear(self, data: bytes) -> None:
        self._frame += data
        if not messages.whole(self._frame) or self._waits is not Say:
            return
        frame, self._frame = self._frame, b""
        span = self.spans[-1]
        span.answered_us = self.now_us
        body = messages.read_offer(frame) if span.request == sap.REQUEST else messages.read(frame)[2]
        span.code = body["ResponseCode"]
        self._settle(frame)

    def _settle(self, outcome: Any) -> None:
        self._outcome, self._waits = outcome, None
        self.next_us = self.now_us + (THINK_US if isinstance(outcome, bytes) else 0)


def _record(kind: int, data: bytes = b"") -> bytes:
    return _HEAD.pack(kind, len(data)) + data
