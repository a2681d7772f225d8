"""One session of the vehicle, from its start to SessionStop or to whatever else it came to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from hil.interop.charger import Charger
from hil.interop.modes import Mode
from hil.interop.peers import Event, PeerVehicle
from hil.interop.unplugged import UNPLUGGED_S
from hil.interop.wire import Tap

SESSION_S = 90.0
RECORD_S = 8.0
PLUG_S = 5.0

Say = Callable[[str], None]


@dataclass
class Exchange:
    """One request and its response.

    ms: from the request's hand-over to the vehicle's socket to the first byte in.  wire_ms: from its last packet at the
    charger's end of the cable to the answer's first, None where nobody listened there.
    """

    request: str
    response: str
    code: str
    ms: float
    wire_ms: float | None = None


@dataclass
class Outcome:
    """Outcome of one session.  handshake: the controller's own record of it, where the charger is ours.

    first: of the sessions with a contract, the first at that charger: it has verified none of its signatures before.
    """

    mode: str
    charger: str
    run: int
    ok: bool = False
    reason: str = ""
    sdp_ms: float = 0.0
    connect_ms: float = 0.0
    session_s: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list)
    handshake: dict[str, Any] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    first: bool = False


@dataclass(frozen=True)
class VehicleSide:
    """A vehicle's end of a cable: its namespace, its keys, a folder for temporary files, and the tap on the cable."""

    namespace: str
    pki: Path
    folder: Path
    tap: Tap | None = None


def against_peer(mode: Mode, run: int, side: VehicleSide, say: Say) -> Outcome:
    """Let the vehicle charge at the peer's own charger, which must be running."""
    outcome = Outcome(mode.name, "peer", run)
    _converse(PeerVehicle(mode, side.namespace, side.pki, side.folder), outcome, say, side.tap)
    return outcome


def against(charger: Charger, mode: Mode, run: int, side: VehicleSide, say: Say) -> Outcome:
    """Plug the vehicle in at the controller, let it charge, unplug it.  Errors: ToolError where no record comes."""
    outcome = Outcome(mode.name, "gridkeel", run)
    host = charger.host
    react = partial(_react, charger, mode, Counter())
    charger.do("plug", "want")
    host.wait_for("telemetry", host.mark(), PLUG_S, lambda record: record["pilot_state"] == "B")
    resumes = ""
    for pauses in (True, False) if mode.pauses else (False,):
        mark = host.mark()
        vehicle = PeerVehicle(mode, side.namespace, side.pki, side.folder, pauses=pauses, resumes=resumes)
        resumes = _converse(vehicle, outcome, say, side.tap, react)
        charger.check()
        outcome.handshake = host.wait_for("handshake", mark, RECORD_S)
        outcome.log += host.of("iso15118", mark)
        charger.do("silence")
        if not outcome.ok:
            break
    charger.do("leave", "unplug")
    host.wait_for("telemetry", host.mark(), PLUG_S, lambda record: record["pilot_state"] == "A")
    time.sleep(UNPLUGGED_S)
    hold_to(mode, outcome)
    return outcome


def _react(charger: Charger, mode: Mode, came: Counter[str], event: Event) -> None:
    if event["event"] == "charging":
        charger.do("communicate" if event["on"] else "silence")
    elif event["event"] == "exchange":
        came[event["response"]] += 1
        for action in mode.during:
            if action.response == event["response"] and action.count == came[event["response"]]:
                for command in action.orders:
                    charger.host.order(command)


def hold_to(mode: Mode, outcome: Outcome) -> None:
    """A session that ended well and was not what its mode says is none of it."""
    came = Counter(exchange.response for exchange in outcome.exchanges)
    for response, least in mode.shown:
        if outcome.ok and came[response] < least:
            outcome.ok = False
            outcome.reason = f"{came[response]} {response}, {least} or more belong to {mode.name}"
    joined = any(exchange.code == "OK_OldSessionJoined" for exchange in outcome.exchanges)
    if outcome.ok and mode.pauses and not joined:
        outcome.ok = False
        outcome.reason = "the paused session was not joined again"


def _converse(
    vehicle: PeerVehicle,
    outcome: Outcome,
    say: Say,
    tap: Tap | None,
    react: Callable[[Event], None] = lambda _event: None,
) -> str:
    """Follow one connection of the vehicle to its end; return the session's id in hexadecimal digits."""
    began_s = 0.0
    before = len(outcome.exchanges)
    session = ""
    outcome.ok = False
    try:
        for event in vehicle.events(SESSION_S):
            if event["event"] == "sdp":
                began_s = time.monotonic()
                outcome.sdp_ms = event["ms"]
            elif event["event"] == "session":
                session = event["id"]
            elif event["event"] == "exchange":
                say(event["request"])
            react(event)
            if _take(outcome, event):
                break
        outcome.session_s += time.monotonic() - began_s if began_s else 0.0
        if tap:
            _note(outcome.exchanges[before:], tap)
    finally:
        vehicle.close()
    return session


def _note(exchanges: list[Exchange], tap: Tap) -> None:
    waits_ms = tap.waits_ms(len(exchanges))
    if len(waits_ms) == len(exchanges):  # a packet that nobody heard leaves it open which answer was which
        for exchange, wait_ms in zip(exchanges, waits_ms, strict=True):
            exchange.wire_ms = wait_ms


def _take(outcome: Outcome, event: Event) -> bool:
    """Note what the vehicle reported; return whether its session is over."""
    kind = event["event"]
    if kind == "connected":
        outcome.connect_ms = event["ms"]
    elif kind == "exchange":
        outcome.exchanges.append(Exchange(event["request"], event["response"], event["code"], event["ms"]))
        if event["response"] == "SessionStopRes":
            outcome.ok = event["code"] == "OK"
            outcome.reason = "" if outcome.ok else f"SessionStopRes {event['code']}"
            return True
    elif kind in ("failed", "stopped", "ended", "timeout"):
        outcome.reason = event["reason"]
        return True
    return False
