"""The type test: a sound controller passes it, one with a wrong parameter or a defect does not."""

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from typer.testing import CliRunner
from typetest_firmware import FAST_RESERVE, FFR_495, QUICK_FFR_495, failed, mutant, quick_reserve

from command_line.root import app
from gridkeel.services import fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, TRIP_PROFILES
from hil.typetest.bands import power_band
from hil.typetest.catalogue import NAMES, profile
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS, Finding
from hil.typetest.plan import procedures
from hil.typetest.requirement import OVER, UNDER
from hil.typetest.runner import Done, TypeTest, run
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(180)


def test_a_sound_controller_passes_its_profiles():
    test = run(
        profile("custom"), only=["droop", "deadband", "response", "rocof", "trip-over-frequency", "enter-service"]
    )
    assert failed(test) == set()
    assert test.ok
    assert not test.statement().startswith("conforms")  # a part of the procedure is not the whole


@pytest.mark.parametrize(
    ("name", "only"),
    [
        ("dynamic-containment", ["droop", "response"]),
        ("fcr-gb", ["response"]),
        ("en50549-lfsm-o", ["droop"]),
        ("ieee1547-cat2", ["ride-low-voltage", "ride-high-voltage", "trip-ov2"]),
        ("ieee1547-cat3", ["ride-high-voltage", "trip-uv2", "volt-var"]),
    ],
)
def test_a_sound_controller_passes_every_kind(name, only):
    test = run(profile(name), only=only)
    assert failed(test) == set()
    assert all(one.record is not None for one in test.done)


def test_a_sound_controller_passes_a_whole_cycle_of_the_reserve(tmp_path):
    test = run(quick_reserve(), firmware=mutant(tmp_path, FAST_RESERVE, (FFR_495, QUICK_FFR_495)))
    assert failed(test) == set()
    assert test.statement().startswith("conforms")


def test_a_sound_controller_does_not_answer_a_quiet_stretch_of_the_recorded_day():
    test = run(profile("en50549"), only=["day"], day=("12:00", "12:01"))
    assert [finding.verdict for finding in test.findings] == [PASS, PASS]


def test_a_narrow_deadband_does_answer_the_recorded_day():
    """The proof of no response could fail: the same minute moves a controller with a deadband of 5 mHz."""
    test = run(profile("en50549"), {"grid_code": 0, "droop_deadband_mhz": 5}, ["day"], day=("12:00", "12:01"))
    assert failed(test) == {"largest change of power or command"}


def test_the_required_droop_of_ieee1547_is_the_one_worked_out_by_hand():
    """p = p_pre - (f - 60 - db) / (60 k) in generator convention; Cat III, 7400 W, charging at 1 kW before."""
    cat3 = profile("ieee1547-cat3")
    assert cat3.power_w(60.036, 1000.0) == pytest.approx(1000.0)
    assert cat3.power_w(60.6, 1000.0) == pytest.approx(1000.0 + 7400 * (0.6 - 0.036) / 3.0)
    assert cat3.power_w(57.0, 1000.0) == pytest.approx(1000.0 - 7400 * (3.0 - 0.036) / 3.0)
    assert cat3.power_w(61.8, 7000.0) == 7400.0
    low, high = power_band(cat3, 60.6)
    assert high - low == pytest.approx(2 * 1.5 * (0.05 * 7400 + 0.010 * 7400 / 3.0))
    second = profile("ieee1547-cat3-char2")
    assert second.power_w(60.617) == pytest.approx(7400 * 0.6 / 1.2)


def test_the_required_curves_are_those_worked_out_by_hand():
    containment = profile("dynamic-containment")
    for deviation_hz, share in ((0.015, 0.0), (0.2, 0.05), (0.35, 0.525), (0.5, 1.0), (0.8, 1.0)):
        for side in (OVER, UNDER):
            assert containment.droop.share(side * deviation_hz) == pytest.approx(side * share)
    assert profile("en50549-lfsm-u").droop.share(1.0) == 0.0
    assert profile("fcr-ce").power_w(49.895) == pytest.approx(-7400 * 0.095 / 0.19)


def test_open_figures_and_what_is_not_offered_are_never_called_conforming():
    cat3 = profile("ieee1547-cat3")
    good = Finding("Enter service", "delay", "", "s", 300.0, 296.0, 304.0)
    for finding, verdict in (
        (replace(good, open=True), OPEN),
        (replace(good, offered=False), NOT_OFFERED),
        (replace(good, measured=290.0, open=True), FAIL),
        (replace(good, measured=None), FAIL),
    ):
        assert finding.verdict == verdict
        test = TypeTest(cat3, {}, "", [Done(None, "", [good, finding])])
        assert not test.statement().startswith("conforms")
    assert TypeTest(cat3, {}, "", [Done(None, "", [good])]).statement().startswith("conforms")
    assert not TypeTest(cat3, {}, "").ok


def test_every_row_of_the_firmware_with_a_source_has_a_profile():
    assert {one.name for listed in (DROOP_PROFILES, TRIP_PROFILES, GRID_CODES) for one in listed} < set(NAMES)
    assert set(fast_reserve.NAMES[1:]) < set(NAMES)
    with pytest.raises(ToolError, match="no profile"):
        profile("ieee9999")


def test_every_profile_has_its_procedures():
    for name in NAMES:
        wanted = profile(name)
        found = {procedure.name: procedure for procedure in procedures(wanted)}
        assert len(found) == len(procedures(wanted))
        assert set(found) >= ({"droop", "deadband", "response"} if wanted.droop else {"wire", "reserve"})
        assert ("enter-service" in found) == (wanted.enter is not None)
        assert {f"trip-{one.name.lower()}" for one in wanted.trips} <= set(found)
        assert {f"ride-{one.name}" for one in wanted.voltage_rides} <= set(found)


def test_long_clocks_are_played_in_full():
    found = {procedure.name: procedure for procedure in procedures(profile("ieee1547-cat3"))}
    for name in ("trip-of1", "trip-uf1"):
        # Inside the limit for longer than the 300 s; past it until the trip, 299 s of it the ride-through's point.
        assert found[name].duration_s > 2 * 304.5
    assert found["enter-service"].duration_s > 0.25 * 300 + 300 + 300
    assert found["trip-uv1"].duration_s > 3 * 20
    for name, least_s in (("nordic-ffr-49.5", 900), ("ercot-ffr", 1800)):
        assert {one.name: one for one in procedures(profile(name))}["reserve"].duration_s > least_s


def test_command_writes_report_json_and_junit(tmp_path):
    options = ["--only", "trip-over-frequency", "--out", str(tmp_path), "-q"]
    found = CliRunner().invoke(app, ["typetest", *options])
    assert found.exit_code == 0, found.output
    page = (tmp_path / "typetest.html").read_text()
    assert "<svg" in page and "http" not in page and "clearing time" in page
    assert json.loads((tmp_path / "typetest.json").read_text())["ok"] is True
    suite = ElementTree.parse(tmp_path / "typetest.xml").getroot()[0]
    assert suite.get("tests") == "4" and suite.get("failures") == "0"


def test_command_lists_what_there_is():
    found = CliRunner().invoke(app, ["typetest", "--list"])
    assert found.exit_code == 0
    assert all(name in found.output for name in NAMES)
    found = CliRunner().invoke(app, ["typetest", "--list", "--profile", "ercot-ffr"])
    assert found.exit_code == 0 and "reserve" in found.output and "trip-" not in found.output
    assert isinstance(CliRunner().invoke(app, ["typetest", "--profile", "all", "--only", "droop"]).exception, ToolError)
