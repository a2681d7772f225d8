"""`gridkeel board run --v2g-interface`: an EV that comes late, or again, is served; where none came nothing flows."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from namespace_needs import need

from certs import v2g
from hil.interop.modes import choose
from hil.interop.namespaces import CHARGER_INTERFACE, cable
from hil.interop.raw_vehicle import ClosedError, Link, RawVehicle
from hil.scripted_vehicle import messages
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(300)
PROGRAM = [sys.executable, "-c", "from command_line.main import main; main()", "board", "run", "--json"]
WAIT_S = 5  # hlc_wait_s, the shortest there is
FALLBACK_S = WAIT_S + 20.0  # with the step behind it, and the board's start on a busy machine
UP_S = 10.0  # from a board's start until it delivers: a vehicle that is sooner is refused, and comes again
BASELINE_W = 7000  # three phases of more than 6 A
SDP_TRIES = 50  # ISO 15118-2: a vehicle asks so often, 250 ms apart


class Board:
    """A running `board run`; say: a word for its standard input, and its answer."""

    def __init__(self, process: subprocess.Popen[str], link: Link) -> None:
        self._process = process
        self.link = link

    def say(self, word: str) -> str:
        assert self._process.stdin
        assert self._process.stderr
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        return self._process.stderr.readline().strip()

    def until(self, part: str, within_s: float) -> None:
        due_s = time.monotonic() + within_s
        while part not in (said := self.say("status")):
            assert time.monotonic() < due_s, f"not {part!r} but {said!r}"
            time.sleep(0.1)

    def charge(self) -> list[str]:
        """Let a vehicle have a whole session, as soon as the charger is up to it."""
        due_s = time.monotonic() + UP_S
        while True:
            with self.link.vehicle(secured=False) as vehicle, contextlib.suppress(ClosedError):
                return vehicle.charge()
            assert time.monotonic() < due_s

    def break_off(self) -> None:
        """Let a vehicle begin to charge and hang up."""
        with self.link.vehicle(secured=False) as vehicle:
            assert vehicle.pay(None) == "OK"


@contextmanager
def board(folder: Path, **changes: int) -> Iterator[Board]:
    need(java=False)
    (mode,) = choose("ac-eim-tcp")
    pki = v2g.make(folder / "pki")
    v2g.export_peer(pki, folder / "vehicle")
    parameters = mode.charger_parameters() | {"hlc_wait_s": WAIT_S, "baseline_w": BASELINE_W} | changes
    options = [f"--param={name}={value}" for name, value in parameters.items()]
    with cable() as ends:
        process = subprocess.Popen(
            ["ip", "netns", "exec", ends.charger, *PROGRAM, "--v2g-interface", CHARGER_INTERFACE, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout
            json.loads(process.stdout.readline())
            yield Board(process, Link(ends.vehicle, folder / "vehicle" / "iso15118_2" / "certs" / "v2gRootCACert.pem"))
        finally:
            process.terminate()
            process.wait(20)
            for stream in (process.stdin, process.stdout, process.stderr):
                assert stream
                stream.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.interop.raw_vehicle.SDP_TRIES", SDP_TRIES)


def all_ok(codes: list[str]) -> bool:
    return all(code.startswith("OK") for code in codes)


def test_without_a_vehicle_nothing_flows_until_a_late_one_is_served(tmp_path: Path) -> None:
    with board(tmp_path) as run:
        run.until("basic charging", FALLBACK_S)
        for _ in range(20):
            assert "contactor open" in run.say("status"), "the virtual vehicle charges though nobody came"
            time.sleep(0.1)
        assert all_ok(run.charge())
        assert all_ok(run.charge()), "and once more"


def test_an_ev_may_charge_by_the_pilot_first_and_then_by_a_session(tmp_path: Path) -> None:
    with board(tmp_path) as run:
        assert run.say("basic") == "basic"
        run.until("contactor closed", FALLBACK_S + 5.0)
        assert "basic charging" in run.say("status")
        # A session in between: through 100 %, its current ended first.
        assert all_ok(run.charge())


def test_an_ev_is_served_again_after_broken_sessions(tmp_path: Path) -> None:
    with board(tmp_path) as run:
        for _ in range(2):
            run.break_off()
        assert all_ok(run.charge())


def test_no_session_by_an_address_that_was_known_before(tmp_path: Path) -> None:
    with board(tmp_path, hlc_wait_s=60) as run:
        run.until("5 % duty", FALLBACK_S)
        address = run.link.discover(False)
        run.break_off()
        run.until("nothing offered", 5.0)
        with run.link.connect(address) as opened:
            vehicle = RawVehicle(opened)
            vehicle.agree()
            assert vehicle.ask("SessionSetupReq", {"EVCCID": messages.EVCC_ID}) == "FAILED"
        assert all_ok(run.charge()), "it has the 5 % again by then, or asks for them"


def test_an_ev_is_served_at_once_after_it_was_unplugged(tmp_path: Path) -> None:
    with board(tmp_path) as run:
        run.until("5 % duty", FALLBACK_S)
        run.break_off()
        assert run.say("unplug") == "unplug"
        run.until("nothing offered", 5.0)
        time.sleep(0.3)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("hil.interop.raw_vehicle.SDP_TRIES", 4)
            with pytest.raises(ToolError, match="no charger answered"):
                run.link.discover(False)
        assert run.say("plug") == "plug"
        run.until("5 % duty", 5.0)
        assert all_ok(run.charge())


def test_a_session_that_ended_in_order_leaves_the_charger_there_for_the_next(tmp_path: Path) -> None:
    with board(tmp_path) as run:
        assert all_ok(run.charge())
        time.sleep(WAIT_S + 4.0)
        assert "5 % duty" in run.say("status")
        assert all_ok(run.charge())
