"""Damaged, random and valid but odd messages in every state of a session: an answer or a safe end, never more."""

from __future__ import annotations

import copy
import random
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "device"))

import evcc
import session_states

from gridkeel.v2g import exi, grammars, v2gtp
from gridkeel.v2g.iso2 import states_text

ROUNDS = 120
NUMBERS = (0, 1, -1, 32767, -32768)


def payload(ev: Any, name: str, body: Any) -> bytearray:
    out = bytearray(v2gtp.PAYLOAD_MAX_BYTES)
    message = {"Header": {"SessionID": ev.session_id}, "Body": {name: body}}
    end = exi.encode(grammars.iso2(), "V2G_Message", message, out, 0)
    return out[:end]


def damaged(data: bytearray, rng: random.Random) -> bytes:
    kind = rng.randrange(4)
    if kind == 0:
        return bytes(data[: rng.randrange(1, len(data))])
    if kind == 1:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200)))
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def odd(value: Any, rng: random.Random) -> Any:
    """Return a body with its physical values anywhere in their range, and now and then without a part."""
    if not isinstance(value, dict):
        return value
    if set(value) == {"Multiplier", "Unit", "Value"}:
        unit = rng.choice((value["Unit"], value["Unit"], "A", "V", "W", "Wh"))
        return {"Multiplier": rng.randint(-3, 3), "Unit": unit, "Value": rng.choice(NUMBERS)}
    return {key: odd(part, rng) for key, part in value.items()}


def settle(ev: Any) -> None:
    """Let the charger answer or close; what it leaves behind must be safe."""
    evse = ev.evse
    try:
        answer = evse.answer(6000)
    except evcc.ClosedError:
        answer = None
    secc, charger = evse.secc, evse.charger
    if answer is not None:
        exi.decode(grammars.iso2(), answer, 0, len(answer))
    if secc.closing:
        assert not charger.allowed and not charger.in_session
    assert not [event for event in evse.events if event[1] == "a defect"]


@pytest.mark.parametrize("state", sorted(session_states.REACH)[1:], ids=lambda state: states_text.STATES[state])
def test_valid_but_odd_messages_are_answered_or_end_safely(state: int) -> None:
    rng = random.Random(state)
    reached = session_states.reach(state)
    names = list(states_text.allowed(state))
    for _ in range(ROUNDS):
        ev = copy.deepcopy(reached)
        name = rng.choice(names)
        data = payload(ev, name, ev.request(name))
        ev.evse.send_frame(damaged(data, rng))
        settle(ev)


@pytest.mark.parametrize("state", sorted(session_states.REACH)[1:], ids=lambda state: states_text.STATES[state])
def test_random_values_are_answered_or_end_safely(state: int) -> None:
    rng = random.Random(1000 + state)
    reached = session_states.reach(state)
    for _ in range(ROUNDS):
        ev = copy.deepcopy(reached)
        for _ in range(4):
            name = rng.choice(states_text.allowed(ev.evse.secc._session.state) or ("SessionStopReq",))
            ev.evse.send_frame(payload(ev, name, odd(ev.request(name), rng)))
            settle(ev)
            if ev.evse.secc.closing:
                break


def test_streams_of_noise_end_safely() -> None:
    rng = random.Random(7)
    for _ in range(ROUNDS):
        evse = evcc.Evse()
        for _ in range(5):
            size = rng.randrange(1, 3000)
            evse.send(bytes(rng.choice((0x01, 0xFE, 0x80, 0x00, rng.randrange(256))) for _ in range(size)))
            evse.run(10)
        assert evse.secc.closing and not evse.charger.allowed
