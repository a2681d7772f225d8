"""The type test: a sound controller passes it, one with a wrong parameter or a defect does not."""

import json
import shutil
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from hil.typetest.catalogue import NAMES, profile
from hil.typetest.droop_tests import power_band
from hil.typetest.finding import FAIL, NOT_OFFERED, OPEN, PASS, Finding
from hil.typetest.runner import Done, TypeTest, procedures, run
from hil.virtual_board.flash import FIRMWARE
from host_tools.cli.main import app
from host_tools.errors import ToolError

pytestmark = pytest.mark.timeout(180)
DROOP = "services/droop.py"
RIDE_THROUGH = "services/ride_through.py"


def mutant(folder, file, old, new):
    """Return a copy of the firmware with one defect."""
    where = folder / "firmware"
    shutil.copytree(FIRMWARE, where, ignore=shutil.ignore_patterns("__pycache__"))
    path = where / "gridkeel" / file
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} is not once in {file}"
    path.write_text(text.replace(old, new))
    return where


def failed(test):
    return {finding.what for finding in test.findings if finding.verdict == FAIL}


def test_a_sound_controller_passes():
    test = run(profile("custom"), only=["droop", "deadband", "response", "trip-over-frequency"])
    assert failed(test) == set()
    assert test.ok
    assert not test.statement().startswith("conforms")  # a part of the procedure is not the whole


@pytest.mark.parametrize(
    ("wrong", "only", "found"),
    [
        ({"droop_span_mhz": 500}, "droop", "span to the rating"),
        ({"droop_deadband_mhz": 30}, "droop", "edge of the deadband"),
        ({"droop_deadband_mhz": 10}, "deadband", "largest power or command"),
        ({"trip_frequency_ms": 300}, "trip-over-frequency", "clearing time"),
        ({"trip_over_mhz": 51300}, "trip-over-frequency", "no trip"),
    ],
)
def test_a_wrong_parameter_fails(wrong, only, found):
    test = run(profile("custom"), wrong, [only])
    assert found in failed(test)
    assert test.statement().startswith("does not conform")


@pytest.mark.parametrize(
    ("file", "old", "new", "only", "found"),
    [
        (DROOP, "return -share_of(", "return share_of(", "droop", "steady power"),
        (DROOP, "p.droop_deadband_mhz + p.droop_span_mhz", "p.droop_span_mhz // 2", "droop", "steady power"),
        (
            RIDE_THROUGH,
            "trips[8] = p.trip_frequency_ms",
            "trips[8] = 3 * p.trip_frequency_ms",
            "trip-under-frequency",
            "clearing time",
        ),
    ],
    ids=["swapped sign", "mutated droop", "late trip"],
)
def test_a_defect_in_the_firmware_fails(tmp_path, file, old, new, only, found):
    test = run(profile("custom"), only=[only], firmware=mutant(tmp_path, file, old, new))
    assert found in failed(test)


def test_quiet_stretch_of_the_recorded_day():
    test = run(profile("en50549"), only=["day"], day=("12:00", "12:01"))
    assert [finding.verdict for finding in test.findings] == [PASS, PASS]


def test_a_narrow_deadband_does_answer_the_recorded_day():
    """The proof of no response could fail: the same minute moves a controller with a deadband of 5 mHz."""
    test = run(profile("en50549"), {"droop_profile": 0, "droop_deadband_mhz": 5}, ["day"], day=("12:00", "12:01"))
    assert failed(test) == {"largest change of power or command"}


def test_droop_of_ieee1547_by_hand():
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


def test_every_profile_has_its_procedures():
    for name in NAMES:
        found = {procedure.name for procedure in procedures(profile(name))}
        assert {"droop", "deadband", "response", "enter-service", "rocof"} <= found
    assert len(NAMES) == 8
    with pytest.raises(ToolError, match="no profile"):
        profile("ieee9999")


def test_command_writes_report_json_and_junit(tmp_path):
    options = ["--only", "trip-over-frequency", "--out", str(tmp_path), "-q"]
    found = CliRunner().invoke(app, ["typetest", *options])
    assert found.exit_code == 0, found.output
    page = (tmp_path / "typetest.html").read_text()
    assert "<svg" in page and "http" not in page and "clearing time" in page
    assert json.loads((tmp_path / "typetest.json").read_text())["ok"] is True
    suite = ElementTree.parse(tmp_path / "typetest.xml").getroot()[0]
    assert suite.get("tests") == "4" and suite.get("failures") == "0"
