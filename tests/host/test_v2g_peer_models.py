"""Every response of the session tests, refusals too, is one that the peer's own message models take."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from host_tools import peer

DEVICE = Path(__file__).resolve().parents[1] / "device"
sys.path.insert(0, str(DEVICE))

GUEST = Path(__file__).with_name("peer_models_guest.py")
SCENARIOS = ("sessions", "refusals", "timeouts", "contract", "certificates", "order")


@pytest.fixture(scope="module")
def responses() -> list[str]:
    """Each different response of all session tests, as text."""
    evcc: Any = importlib.import_module("evcc")
    seen: dict[str, None] = {}

    def receive(ev: Any, name: str) -> Any:
        response = original(ev, name)
        seen[repr((evcc.states.response_of(name), response))] = None
        return response

    original, evcc.Evcc.receive = evcc.Evcc.receive, receive
    try:
        for test in scenarios():
            test()
    finally:
        evcc.Evcc.receive = original
    return list(seen)


def scenarios() -> Iterator[Any]:
    for name in SCENARIOS:
        module = importlib.import_module(f"test_v2g_{name}")
        for test in vars(module).values():
            if callable(test) and getattr(test, "__name__", "").startswith("test_"):
                yield test


def test_the_peer_takes_every_response(responses: list[str]) -> None:
    names = {line.split("'")[1] for line in responses}
    from gridkeel.v2g.iso2 import response_codes

    assert names == set(response_codes.TABLE)  # the sessions above leave no response out
    refused = [line for line in responses if "'FAILED" in line]
    assert len(refused) > 40 and len(responses) > 150
    done = subprocess.run(
        [str(peer.python()), str(GUEST)], input="\n".join(responses) + "\n", capture_output=True, text=True, timeout=120
    )
    verdicts = done.stdout.splitlines()
    assert len(verdicts) == len(responses), done.stderr
    wrong = [(line, verdict) for line, verdict in zip(responses, verdicts, strict=True) if verdict != "ok"]
    assert not wrong, wrong[:3]


def test_the_peer_refuses_a_response_that_is_none() -> None:
    lines = [("SessionSetupRes", {"ResponseCode": "OK", "EVSEID": "short"}), ("SessionStopRes", {})]
    text = "".join(f"{line!r}\n" for line in lines)
    done = subprocess.run([str(peer.python()), str(GUEST)], input=text, capture_output=True, text=True, timeout=60)
    assert "ok" not in done.stdout.splitlines() and len(done.stdout.splitlines()) == 2
