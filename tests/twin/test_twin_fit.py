"""`gridkeel twin fit`: a chemistry and a report from a cycler file, or one line that says what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from command_line.twin import app
from host_tools.errors import MissingError, ToolError
from twin.battery import ecm
from twin.battery.chemistry import load

HEAD = "Test Time / s,Current / A,Voltage / V,Temperature T1 / degC"


def made_up(path: Path, n: int = 1500, scale: float = 1.0) -> Path:
    """Write a drive of the NCA chemistry's own circuit."""
    cell = load("nca")
    current = np.repeat(np.random.default_rng(1).normal(-1.5, 2.0, n // 10), 10)
    current *= 0.8 * 2.9 / abs(current.sum() * 5.0 / 3600.0)
    dt = np.full(n, 5.0)
    volts = ecm.simulate(cell, dt, current, np.full(n, 25.0), 0.95).voltage_v
    charge = np.cumsum(current * dt) / 3600.0
    table = zip(np.cumsum(dt), scale * current, volts, charge, strict=True)
    lines = [f"{t:.1f},{i:.4f},{v:.4f},25.0,{q:.6f}" for t, i, v, q in table]
    path.write_text("\n".join([HEAD + ",Net Capacity / Ah", *lines]) + "\n", encoding="utf-8")
    return path


def fit(*arguments: object) -> None:
    result = CliRunner().invoke(app, ["fit", *map(str, arguments)], catch_exceptions=False, standalone_mode=False)
    assert result.exit_code == 0


def test_a_cell_is_identified_with_a_report_and_a_file_that_loads(tmp_path: Path) -> None:
    drive = made_up(tmp_path / "drive.csv")
    fit(f"{drive}@0.95", "--name", "mine", "--kind", "NCA", "--capacity", 2.9, "--check", f"{drive}@0.95",
        "--out", tmp_path, "--json", tmp_path / "fit.json", "-q")  # fmt: skip
    cell, known = load(tmp_path / "mine.json"), load("nca")
    at = np.linspace(0.25, 0.9, 14)
    found = np.interp(at, cell.soc, cell.ocv_v)
    np.testing.assert_allclose(found, np.interp(at, known.soc, known.ocv_v), atol=0.02)
    page = (tmp_path / "mine.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 2 and "unseen" in page and "http" not in page.replace("http://www.w3.org", "")
    tests = json.loads((tmp_path / "fit.json").read_text())["tests"]
    assert [each["use"] for each in tests] == ["identified on", "unseen"]
    assert tests[0]["voltage_rmse_mv"] < 15.0 and tests[1]["soc_rmse_pct"] < 4.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["drive.csv@1.3", "--name", "x"], "SoC 1.3 is not between 0 and 1"),
        (["drive.csv@x", "--name", "x"], "is no SoC"),
        (["drive.csv", "--name", "x", "--capacity", "1.0"], "give --capacity"),
        (["drive.csv", "--name", "../x"], "a name has letters"),
        (["milli.csv", "--name", "x"], "say --current-unit mA"),
        (["drive.csv", "--name", "x", "--current-unit", "kA"], "neither A nor mA"),
    ],
)
def test_what_is_wrong_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    made_up(tmp_path / "drive.csv")
    made_up(tmp_path / "milli.csv", scale=1000.0)
    with pytest.raises(ToolError) as caught:
        fit(*arguments)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="no such file"):
        fit(tmp_path / "none.csv", "--name", "x")
