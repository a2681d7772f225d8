"""Every scenario that ships, on the rig of --rig: all its checks hold, and it ends in the safe state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from timekeeping import on_time

from hil.bench.play import Delivery, delivery, play
from hil.rigs import rig
from hil.scenarios import scenario


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Delivery]:
    with delivery(tmp_path_factory.mktemp("uplink")) as way:
        yield way


@pytest.mark.parametrize("name", scenario.names())
def test_every_scenario_passes_its_checks_and_ends_safe(
    name: str, way: Delivery, request: pytest.FixtureRequest
) -> None:
    record = play(scenario.load(name), rig.load(request.config.getoption("--rig")), {}, way)
    failed = [f"{check.name}: {check.measured}, limit {check.limit}" for check in record.checks if not check.ok]
    assert not failed
    assert {"safe_end", "undelivered", "end_state"} <= {check.name for check in record.checks}


def test_a_run_repeats_to_the_bit(tmp_path: Path) -> None:
    records = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        with delivery(tmp_path / name) as fresh:
            records.append(play(scenario.load("bus-noise"), rig.load("lockstep"), {}, fresh))
    first, second = records
    assert first.commands == second.commands
    for series in ("telemetry", "plant", "error"):
        a, b = getattr(first, series), getattr(second, series)
        assert a.t_s.tobytes() == b.t_s.tobytes()
        # Room in the heap depends on when the collector last ran, and that on real time; nothing else may differ.
        for key in a.values.keys() - {"heap_free"}:
            assert a.values[key].tobytes() == b.values[key].tobytes(), key


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ({"droop_deadband_mhz": 900}, "deadband_to_command_ms"),
        ({"droop_span_mhz": 10000, "command_step_w": 5000}, "deadband_to_command_ms"),
        ({"start_delay_ms": 60000}, "end_state"),
    ],
)
def test_a_wrong_parameter_fails_the_step(change: dict[str, int], broken: str, way: Delivery) -> None:
    record = play(scenario.load("step"), rig.load("lockstep"), change, way)
    assert broken in [check.name for check in record.checks if not check.ok]


def test_the_chargers_lift_the_nadir_only_if_they_may(way: Delivery) -> None:
    record = play(scenario.load("swing"), rig.load("lockstep"), {"v2g_enable": 0, "baseline_w": 0}, way)
    assert record.figures["nadir_gain_mhz"] < 30


def test_realtime_rig_answers_a_step(way: Delivery) -> None:
    """The virtual board on its own clock: no timed assert, but it must answer, deliver everything and end safe."""
    with on_time():
        record = play(scenario.load("step"), rig.load("realtime"), {}, way)
        checks = {check.name: check for check in record.checks}
        assert record.figures["steps_answered"] == 1
        for name in ("undelivered", "safe_end", "end_state", "power_while_ceased"):
            assert checks[name].ok, checks[name]


def test_serial_rig_refuses_mains_it_cannot_steer(way: Delivery, tmp_path: Path) -> None:
    path = tmp_path / "serial.toml"
    path.write_text('kind = "serial"\nrs485 = "/dev/null"\nhost = "/dev/null"\n')
    with pytest.raises(Exception, match="no source that this host can steer"):
        play(scenario.load("step"), rig.load(os.fspath(path)), {}, way)
