"""A release over MQTT to a virtual board with slots: a broken one halts its rollout, a sound one is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cli_run import run
from mosquitto import Mosquitto
from mqtt_peers import Listener, UplinkProcess

from gridkeel.update import selector
from hil.plants.inverter.server import LiveInverter
from hil.rigs.board_setup import BoardSetup
from hil.rigs.mains import SteeredMains
from hil.rigs.plant_server import PlantServer
from hil.rigs.plants import Plants
from hil.rigs.rig import Rig
from hil.virtual_board.area import AreaFile
from hil.virtual_board.flash import FIRMWARE, make_flash
from host_tools.image.rom import rom_image
from host_tools.image.stamp import copy_program
from host_tools.mqtt.address import broker_at
from host_tools.update import keys, release

pytestmark = pytest.mark.timeout(280)
DEVICE = "gk-mqtt"
RIG = Rig("test", "realtime", device_id=DEVICE)
_BREAKS = "\n\nraise RuntimeError('a bad release')\n"


class Fleet:
    """One controller that runs from a slot behind an uplink, and who signs for it."""

    def __init__(self, url: str, folder: Path, area: AreaFile) -> None:
        self.url = url
        self.folder = folder
        self.area = area

    def signed(self, version: str, addition: str = "") -> Path:
        """Return a release file of another version, as a delta; addition: to its runtime/app.py."""
        folder = self.folder / version
        folder.mkdir()
        copy_program(FIRMWARE, folder)
        app, init = folder / "gridkeel" / "runtime" / "app.py", folder / "gridkeel" / "__init__.py"
        app.write_text(app.read_text() + addition)
        init.write_text(init.read_text().replace('VERSION = "0.2.0"', f'VERSION = "{version}"'))
        image = rom_image(folder, self.folder / "cache").read_bytes()
        described = release.Image(image, "virtual", "unix-x64", version, 1)
        signed = release.sign(described, keys.signing_key(self.folder / "keys" / "a"), rom_image(FIRMWARE).read_bytes())
        file = self.folder / f"{version}.gkr"
        file.write_bytes(signed)
        return file

    def stop_power(self) -> None:
        done = run("send", DEVICE, "setpoint", "--power-w", 0, "--lifetime-s", 600, "--broker", self.url)
        assert done.returncode == 0, done.stdout + done.stderr

    def roll_out(self, file: Path) -> tuple[int, str]:
        done = run("update", "rollout", file, "--devices", DEVICE, "--timeout", 200, "--broker", self.url)
        return done.returncode, done.stdout + done.stderr

    def record(self) -> selector.Record:
        record = selector.read_record(self.area)
        assert record is not None
        return record


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    parameters = RIG.parameters_with({"start_delay_ms": 0, "baseline_w": 0})
    plants = Plants(parameters, SteeredMains(parameters))
    trusted = keys.make_keys(tmp_path / "keys").read_bytes()
    flash = make_flash(tmp_path / "flash", parameters.values(), DEVICE)
    (flash / "update_keys").write_text(trusted.hex())
    with ExitStack() as stack:
        opened = stack.enter_context(RIG.open(plants, BoardSetup(flash=flash, slots=True)))
        stack.enter_context(PlantServer(opened, LiveInverter(plants.inverter)))
        broker = stack.enter_context(Mosquitto(tmp_path))
        listener = stack.enter_context(Listener(broker_at(broker.url)))
        stack.enter_context(UplinkProcess(tmp_path / "q.db", broker.url, [opened.board.host]))
        base = f"gridkeel/v2/{DEVICE}"
        listener.wait(f"{base}/telemetry", lambda record: record["inverter_state"] == "driving", 60.0)
        yield Fleet(broker.url, tmp_path, AreaFile(flash))


def test_a_broken_release_halts_its_rollout_and_a_sound_one_is_installed(fleet: Fleet) -> None:
    fleet.stop_power()
    code, text = fleet.roll_out(fleet.signed("0.2.3", _BREAKS))
    assert code == 1, text
    assert f"{DEVICE}: failed: installation_failed: out_of_boots" in text
    assert "halted: wave 1: 1 of 1 failed" in text
    record = fleet.record()
    assert (record.state, record.active, record.counter) == (selector.CONFIRMED, 0, 0), "the old image is back"

    fleet.stop_power()
    code, text = fleet.roll_out(fleet.signed("0.2.4"))
    assert code == 0, text
    record = fleet.record()
    assert (record.state, record.active, record.counter) == (selector.CONFIRMED, 1, 1)
    shown = run("update", "status", "--broker", fleet.url).stdout
    (row,) = (line for line in shown.splitlines() if DEVICE in line)
    assert "online" in row and "0.2.4" in row and "installed" in row
