"""The report as a reader's browser and a judging machine see it."""

import ast
import csv
import inspect
import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pytest

from hil.bench import connector_figures, figures, judge, vehicle_session
from hil.report import Check, RunRecord, Series, write_html, write_json, write_junit, write_series
from hil.report.meanings import FIGURES
from hil.report.page import render
from host_tools.errors import ToolError
from host_tools.files import write_atomic

EVIL = "</title><script>alert('x')</script> & \"quoted\" $x_1$"
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """A strict reader: every tag closed in order, ids counted, text and addresses kept."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.words = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "xlink:href", "data"):
                self.links.append(value)
            assert not name.startswith("on")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def record(name="step", rows=400, span_s=40.0, ok=True):
    t_s = np.linspace(0.0, span_s, rows)
    freq_hz = np.where(t_s < span_s / 2, 50.0, 49.5)
    command_w = np.where(t_s < span_s / 2, 3000.0, -4400.0)
    third = np.minimum((3 * t_s / (span_s + 1)).astype(int), 2)
    return RunRecord(
        scenario=name,
        title=f"A step, {name}",
        started_utc="2026-01-02 03:04:05 UTC",
        meta={"interpreter": "MicroPython 1.28.0", "heap": "192 KiB"},
        truth=Series(t_s, {"freq_hz": freq_hz, "voltage_pu": np.where(third == 2, 0.0, 1.0)}),
        telemetry=Series(
            t_s,
            {
                "freq_uhz": freq_hz * 1e6,
                "freq_short_uhz": freq_hz * 1e6,
                "voltage_mv": np.full(rows, 230e3),
                "requested_w": command_w,
                "permitted_w": command_w,
                "soc_pct_x100": np.where(third == 0, -1, 6000),
                "state": third,
                "limiter": 3 * third,
                "loop_gap_us": np.full(rows, 9900),
                "loop_gap_max_us": np.full(rows, 10100),
            },
        ),
        plant=Series(t_s, {"delivered_w": command_w, "soc_pct": np.full(rows, 60.0)}),
        error=Series(t_s, {"freq_error_mhz": np.random.default_rng(1).normal(0, 1, rows)}),
        commands=[(0.1, 3000.0), (span_s / 2 + 0.08, -4400.0)],
        figures={"max_error_mhz": 3.21, "speed_ratio": 41.0, "produced": 2400},
        breakdown=[("window", 50.0), ("block", 10.0), ("wire", 16.4)],
        events=[(1.0, "inverter found"), (span_s / 2, "step to 49.5 Hz")],
        checks=[
            Check("largest error", True, 3.21, "≤ 5", "mHz", "against the truth"),
            Check("delay", ok, 76.4, "≤ 100", "ms", "step to wire"),
        ],
        extra={"nadir": Series(t_s, {"freq_without_hz": freq_hz - 0.5, "freq_with_hz": freq_hz})},
        focus_s=(span_s / 2 - 1, span_s / 2 + 2),
        error_goal_mhz=5.0,
    )


def page_of(records, tmp_path, **more):
    path = tmp_path / "report.html"
    write_html(records, path, **more)
    return path.read_text(encoding="utf-8")


def test_page_is_whole_and_asks_for_nothing_else(tmp_path):
    text = page_of([record("a"), record("b", ok=False)], tmp_path)
    page = Page(text)
    assert len(page.ids) == len(set(page.ids))
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert {name for name in re.findall(r"url\(#([^)]+)\)", text)} <= set(page.ids)
    assert not {"script", "link", "iframe", "img", "object"} & set(page.tags)


def test_page_holds_every_figure_with_its_units(tmp_path):
    page = Page(page_of(record(), tmp_path))
    assert page.tags.count("svg") == 5
    for label in (
        "frequency, Hz", "error, mHz", "power, kW", "voltage, p.u.", "SoC, %", "time, s",
        "loop gap, ms", "76.4 ms in all", "nadir +500 mHz", "written on the wire", "goal ±5 mHz", "baseline",
    ):  # fmt: skip
        assert label in page.text, label


def test_colours_of_the_figures_follow_the_style_sheet(tmp_path):
    text = page_of(record(), tmp_path)
    used = set(re.findall(r"var\((--[a-z-]+)\)", text))
    assert {"--measured", "--truth", "--command", "--delivered"} <= used
    light, dark = text.split("prefers-color-scheme: dark", 1)
    for variable in used:
        assert f"{variable}:" in light, variable
        assert f"{variable}:" in dark, variable


def test_checks_of_all_scenarios_come_first_on_the_page(tmp_path):
    page = Page(page_of([record("a"), record("b", ok=False)], tmp_path, title="Bench of today"))
    top = page.text[: page.text.index("max error")]
    assert "Bench of today" in top
    assert "1 of 4 checks failed" in top
    assert top.count("✔ pass") == 3
    assert top.count("✘ FAIL") == 1
    assert "against the truth" in top


def test_run_that_checked_nothing_did_not_pass(tmp_path):
    empty = RunRecord("nothing", "Nothing", "2026-01-02")
    assert not empty.ok
    page = Page(page_of(empty, tmp_path))
    assert "nothing was checked" in page.text
    assert "svg" not in page.tags


def test_everything_from_outside_is_escaped(tmp_path):
    bad = record()
    bad.title = bad.scenario = bad.started_utc = EVIL
    bad.meta = {EVIL: EVIL}
    bad.figures = {EVIL: 1.0}
    bad.breakdown = [(EVIL, 1.0)]
    bad.events = [(1.0, EVIL)]
    bad.checks = [Check(EVIL, False, EVIL, EVIL, EVIL, EVIL)]
    text = page_of(bad, tmp_path, title=EVIL)
    assert "<script" not in text
    assert Page(text).text.count("alert('x')") >= 14
    write_junit([bad], tmp_path / "junit.xml")
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert suite.get("name") == EVIL


def test_hours_of_records_stay_small(tmp_path):
    long = record(rows=72_000, span_s=7200.0)
    long.truth = Series(np.linspace(0, 7200, 360_000), {"freq_hz": np.random.default_rng(2).normal(50, 0.01, 360_000)})
    long.commands = [(float(t), 1000.0 * (t % 3)) for t in range(7000)]
    long.events = [(7.0 * k, f"event {k}") for k in range(1000)]
    text = page_of([long] * 3, tmp_path)
    assert len(text) < 1_500_000
    assert "and 940 more" in text


def test_series_that_are_missing_or_broken_do_not_break_the_page(tmp_path):
    t_s = np.arange(5.0)
    gaps = np.array([np.nan, 1.0, np.inf, -1.0, np.nan])
    odd = RunRecord(
        "odd",
        "Odd",
        "now",
        telemetry=Series(t_s, {"freq_uhz": np.zeros(5), "state": [9, 9, 0, 1, 255], "loop_gap_us": gaps}),
        error=Series(t_s, {"freq_error_mhz": gaps}),
        checks=[Check("a", True, float("nan"), "none")],
        clock_s=43_200.0,
    )
    page = Page(page_of(odd, tmp_path))
    assert "unknown 255" in page.text
    assert "12:00:04" in page.text
    assert page_of(RunRecord("one", "One", "now", truth=Series([1.0], {"freq_hz": [50.0]})), tmp_path)


def test_same_record_gives_the_same_page(tmp_path):
    assert page_of(record(), tmp_path) == page_of(record(), tmp_path)


def test_series_of_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="freq_hz"):
        Series([0.0, 1.0], {"freq_hz": [50.0]})


def test_junit_counts_and_explains(tmp_path):
    path = tmp_path / "out" / "junit.xml"
    write_junit([record("a"), record("b", ok=False)], path)
    root = ElementTree.parse(path).getroot()
    assert (root.get("tests"), root.get("failures")) == ("4", "1")
    cases = root.findall("./testsuite[@name='b']/testcase")
    assert [case.get("name") for case in cases] == ["largest error", "delay"]
    assert cases[0].find("failure") is None
    failure = cases[1].find("failure")
    assert "76.4 ms" in failure.get("message")
    assert "≤ 100" in failure.text
    names = {one.get("name") for one in root.findall(".//property")}
    assert {"heap", "max_error_mhz"} <= names


def test_junit_survives_characters_xml_has_no_place_for(tmp_path):
    bad = record()
    bad.checks = [Check("null \0 bell \a", False, "\ud800", "\x1b[31m")]
    write_junit([bad], tmp_path / "junit.xml")
    assert ElementTree.parse(tmp_path / "junit.xml").find(".//testcase").get("name") == "null � bell �"


def test_json_holds_plain_numbers_and_null(tmp_path):
    path = tmp_path / "bench.json"
    write_json({"a": np.float32(0.5), "b": np.int64(7), "c": float("nan"), "d": np.array([1, 2]), "e": (True,)}, path)
    assert json.loads(path.read_text()) == {"a": 0.5, "b": 7, "c": None, "d": [1, 2], "e": [True]}


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "bench.json"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "half \ud800")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["bench.json"]


def test_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="cannot write"):
        write_atomic(tmp_path / "file" / "report.html", "text")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ToolError, match="folder"):
        write_atomic(tmp_path / "folder", "text")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


def test_series_stand_beside_the_page_and_it_names_them(tmp_path):
    run = record()
    paths = write_series(run, tmp_path)
    names = ("truth", "telemetry", "plant", "error", "commands", "nadir")
    assert [path.as_posix() for path in paths] == [f"series/step-{name}.csv" for name in names]
    for path in paths:
        with (tmp_path / path).open() as file:
            rows = list(csv.reader(file))
        assert rows[0][0] == "t_s" and all(len(row) == len(rows[0]) for row in rows)
    with (tmp_path / "series/step-telemetry.csv").open() as file:
        telemetry = list(csv.DictReader(file))
    assert len(telemetry) == run.telemetry.t_s.size
    assert float(telemetry[7]["freq_uhz"]) == run.telemetry.values["freq_uhz"][7]
    assert telemetry[0]["state"] == "safe"
    write_html(run, tmp_path / "report.html", series={"step": paths})
    assert set(Page((tmp_path / "report.html").read_text()).links) >= {path.as_posix() for path in paths}


def figures_of_the_bench():
    """Every name that the bench's code gives to a figure."""
    found = set()
    for module in (figures, judge, vehicle_session, connector_figures):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            keys = node.keys if isinstance(node, ast.Dict) else []
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
                keys = [node.slice]
            found |= {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
    return found


NO_FIGURES = {"freq_hz", "voltage_pu", "freq_error_mhz", "freq_with_hz", "freq_without_hz", "nadir", "at_s",
              "inverter_link", "samples", "host_link"}  # fmt: skip


def test_every_figure_has_a_unit_or_a_meaning():
    for name in figures_of_the_bench() - NO_FIGURES:
        unit, meaning = FIGURES[name]
        assert unit and len(meaning.split()) > 1, name


def test_each_tile_has_a_title():
    run = record()
    run.figures = {"speed_ratio": 12.0, "loop_gap_max_ms": 10.5, "made_up_kw": 2.0}
    page = Page(render([run], "t"))
    for words in ("12 × speed: faster than real time", "10.5 ms loop gap max: longest time between", "2 kW made up"):
        assert words in page.text
