"""`gridkeel board run --v2g-interface`: whoever is on that interface may charge."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from namespace_needs import need
from timekeeping import on_time
from typer.testing import CliRunner

from certs import v2g
from command_line import board_vehicles
from hil.interop.drive import Parking, against_peer
from hil.interop.modes import choose
from hil.interop.namespaces import CHARGER_INTERFACE, cable
from host_tools.errors import MissingError, ToolError


@pytest.mark.timeout(300)
@on_time()
def test_a_vehicle_on_the_interface_charges(tmp_path: Path) -> None:
    need(java=True)
    (mode,) = choose("ac-eim-tls")
    pki = v2g.make(tmp_path / "pki")
    v2g.export_peer(pki, tmp_path / "car")
    options = [f"--param={name}={value}" for name, value in mode.charger_parameters().items()]
    program = [sys.executable, "-c", "from command_line.main import main; main()", "board", "run", "--json"]
    with cable() as ends:
        board = subprocess.Popen(
            ["ip", "netns", "exec", ends.charger, *program]
            + ["--v2g-interface", CHARGER_INTERFACE, "--pki", str(tmp_path / "pki"), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert board.stdout
            said = json.loads(board.stdout.readline())
            assert said["vehicles"].startswith("fe80::")
            # No host is there: the car needs neither a clock nor a backend for this mode.
            outcome = against_peer(mode, 1, Parking(ends.car, tmp_path / "car", tmp_path), lambda _text: None)
        finally:
            board.terminate()
            board.wait(20)
    assert outcome.ok, outcome.reason


def test_an_interface_that_is_not_there_is_named() -> None:
    wrong = "interface nosuch0 has no IPv6 link-local address"
    with pytest.raises(MissingError, match=wrong), board_vehicles.network_of("nosuch0", None):
        pass


def test_keys_without_a_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="--pki DIR wants --v2g-interface"), board_vehicles.network_of(None, tmp_path):
        pass


def test_the_command_says_what_it_takes() -> None:
    from command_line.root import app

    assert "--v2g-interface" in CliRunner(env={"COLUMNS": "200"}).invoke(app, ["board", "run", "--help"]).output
