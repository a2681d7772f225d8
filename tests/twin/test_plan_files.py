"""`gridkeel twin plan` from files: the page's recipe word by word, days of 23 and 25 hours, what is wrong by line."""

from __future__ import annotations

import csv
import datetime
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.errors import ToolError
from twin.fleet.prices import CsvPrices
from twin.fleet.vehicles import read

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "twin-planning.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[tuple[str, str]]:
    return re.findall(rf"```{kind} ?(\S*)\n(.*?)```", PAGE, re.DOTALL)


def write_recipe(folder: Path) -> None:
    for name, text in blocks("csv"):
        (folder / name).write_text(text)


def gridkeel(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", "from command_line.main import main; main()"]
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [*program, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env={"PYTHONPATH": f"{root}:{root}/firmware"},
    )


def test_the_pages_recipe_does_what_the_page_says(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    words = shlex.split(blocks("sh")[0][1])
    done = gridkeel([*words[1:], "--json", "figures.json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"gk-3 will leave with \d+\.\d\d kWh less than it needs", PAGE)[0] in done.stdout  # type: ignore[index]
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["cost"] < figures["cost_uncontrolled"]
    assert abs(figures["gap"]) < 1e-3 and list(figures["missing_kwh"]) == ["gk-3"]
    schedule = json.loads((tmp_path / "night" / "plan.json").read_text())
    assert set(schedule["power_w"]) == {"gk-1", "gk-2", "gk-3"} and schedule["slot_s"] == 900
    rows = list(csv.DictReader((tmp_path / "night" / "plan.csv").open()))
    at = [row for row in rows if row["start"] == "2026-01-30T23:30:00+01:00"]
    assert {row["vehicle"] for row in at} == {"gk-1", "gk-2"}
    assert sum(float(row["power_kw"]) for row in at) <= 17.001
    assert (tmp_path / "night" / "plan.png").read_bytes().startswith(b"\x89PNG")


def test_json_alone_is_on_standard_output(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    words = shlex.split(blocks("sh")[0][1])
    done = gridkeel([*words[1:], "--json", "-"], tmp_path)
    assert json.loads(done.stdout)["vehicles"] == 3


def series(folder: Path, lines: list[str], column: str = "price_eur_per_mwh", zone: str | None = "Europe/Madrid"):  # type: ignore[no-untyped-def]
    path = folder / "prices.csv"
    path.write_text("\n".join([f"start,{column}", *lines]) + "\n")
    return CsvPrices(path, zone).fetch()


def local(day: str, hours: list[int]) -> list[str]:
    return [f"{day}T{hour:02d}:00,{hour * 10}" for hour in hours]


def test_a_day_of_23_hours_has_no_hole(tmp_path: Path) -> None:
    prices = series(tmp_path, local("2026-03-29", [0, 1, *range(3, 24)]))
    assert len(prices.per_kwh) == 23
    assert prices.time_of(2).isoformat() == "2026-03-29T03:00:00+02:00"
    assert prices.at_step(900).time_of(8).isoformat() == "2026-03-29T03:00:00+02:00"


def test_a_day_of_25_hours_has_one_hour_twice(tmp_path: Path) -> None:
    prices = series(tmp_path, local("2026-10-25", [0, 1, 2, 2, *range(3, 24)]))
    assert len(prices.per_kwh) == 25
    assert [prices.time_of(k).isoformat() for k in (2, 3, 4)] == [
        "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00",
    ]  # fmt: skip


def test_quarters_of_an_hour_that_comes_twice_are_told_apart(tmp_path: Path) -> None:
    lines = [f"2026-10-25T{hour:02d}:{minute:02d},1" for hour in (1, 2, 2, 3) for minute in (0, 15, 30, 45)]
    prices = series(tmp_path, lines)
    assert len(prices.per_kwh) == 16 and prices.step_s == 900
    assert prices.time_of(15).isoformat() == "2026-10-25T03:45:00+01:00"


@pytest.mark.parametrize(
    ("lines", "column", "zone", "words"),
    [
        (
            local("2026-01-30", [0, 1, 4, 5]),
            "price_eur_per_mwh",
            "Europe/Madrid",
            "line 4: 2 prices are missing from 2026-01-30T02:00",
        ),
        (local("2026-03-29", [0, 1, 2, 3]), "price_eur_per_mwh", "Europe/Madrid", "2026-03-29T02:00 does not exist"),
        (
            local("2026-10-25", [0, 1, 2, 3]),
            "price_eur_per_mwh",
            "Europe/Madrid",
            "1 prices are missing from 2026-10-25T02:00\\+0100",
        ),
        (local("2026-01-30", [0, 2, 1]), "price_eur_per_mwh", "Europe/Madrid", "does not come after the line before"),
        (local("2026-01-30", [0, 1]), "price_eur_per_mwh", None, "has no zone: name it by --timezone"),
        (local("2026-01-30", [0, 1]), "price", "Europe/Madrid", "its unit, as price_eur_per_mwh"),
        (
            ["2026-01-30T00:00,1", "2026-01-30T01:00,"],
            "price_eur_per_mwh",
            "Europe/Madrid",
            "line 3: price '' is no number",
        ),
        (["2026-01-30T00:00,1", "2026-01-30T01:00,nan"], "price_eur_per_mwh", "Europe/Madrid", "no number"),
        (["2026-01-30T00:00,90", "2026-01-30T01:00,95"], "price_eur_per_kwh", "Europe/Madrid", "unit right"),
        (["yesterday,90", "2026-01-30T01:00,95"], "price_eur_per_mwh", "Europe/Madrid", "'yesterday' is no time"),
        (["2026-01-30T00:00,90"], "price_eur_per_mwh", "Europe/Madrid", "two at least"),
        (local("2026-01-30", [0, 1]), "price_eur_per_mwh", "Europe/Nowhere", "no such zone"),
    ],
)
def test_what_is_wrong_with_prices_is_said_in_one_line(
    tmp_path: Path, lines: list[str], column: str, zone: str | None, words: str
) -> None:
    with pytest.raises(ToolError, match=words) as caught:
        series(tmp_path, lines, column, zone)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("gk-2,home", "gk-1,home"), "line 3: vehicle 'gk-1' is named twice"),
        (("gk-2,home", "gk-2,office"), "site 'office' is not in"),
        ((",77,30,60", ",77,300,60"), "soc_at_arrival_pct = 300 is outside 0..100"),
        ((",77,30,60", ",77,x,60"), "soc_at_arrival_pct 'x' is no number"),
        (("2026-01-30T17:00,2026-01-31T00:00", "2026-01-30T17:00,2026-01-30T16:00"), "is not after arrival"),
        (("capacity_kwh", "capacity"), "no column capacity_kwh"),
        ((",charge_kw,discharge_kw", ",charge_kw,chemistry"), "no ageing law of '11'"),
    ],
)
def test_what_is_wrong_with_vehicles_is_said_in_one_line(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    write_recipe(tmp_path)
    path = tmp_path / "vehicles.csv"
    path.write_text(path.read_text().replace(*change))
    prices = CsvPrices(tmp_path / "prices.csv", "Europe/Madrid").fetch().at_step(900)
    with pytest.raises(ToolError, match=words):
        read(path, tmp_path / "sites.csv", prices, datetime.timezone(datetime.timedelta(hours=1)))


def test_a_vehicle_that_leaves_after_the_last_price_has_what_it_can_by_then(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    path = tmp_path / "vehicles.csv"
    path.write_text(path.read_text().replace("2026-01-30T17:00,2026-01-31T00:00", "2026-01-30T23:00,2026-01-31T08:00"))
    prices = CsvPrices(tmp_path / "prices.csv", "Europe/Madrid").fetch().at_step(900)
    fleet = read(path, None, prices, datetime.timezone(datetime.timedelta(hours=1)))
    late = fleet.vehicles[1]
    assert late["departure_slot"] == 32 and late["required_kwh"] == pytest.approx(0.3 * 77 + 11 * 0.94)
