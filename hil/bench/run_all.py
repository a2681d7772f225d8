"""Plays the wanted scenarios one after the other, shows them live, writes report, JUnit and JSON."""

from __future__ import annotations

import tempfile
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from hil.bench.live import LiveTable, summary
from hil.bench.play import cut_to, delivery, play
from hil.report import RunRecord, write_html, write_json, write_junit, write_series
from hil.rigs import rig as rigs
from hil.scenarios import scenario as scenarios
from host_tools.screen import Screen

ALL = "all"


@dataclass
class Wanted:
    """Scenarios and options that the user asked for; a scenario may be `all`."""

    scenarios: list[str]
    rig: str
    start: str | None
    end: str | None
    whole: bool
    parameters: dict[str, int]
    out: Path
    json_file: Path | None


def run_all(wanted: Wanted, screen: Screen) -> bool:
    """Play, report, and return whether every check held.  Errors: ToolError for what cannot be played."""
    rig = rigs.load(wanted.rig)
    chosen = [
        cut_to(scenarios.load(name), wanted.start, wanted.end, wanted.whole)
        if name == "blackout"
        else scenarios.load(name)
        for name in (scenarios.names() if wanted.scenarios == [ALL] else wanted.scenarios)
    ]
    started_s = time.monotonic()
    records: list[RunRecord] = []
    with tempfile.TemporaryDirectory(prefix="gridkeel-") as folder, delivery(Path(folder)) as way:
        for scenario in chosen:
            shown = LiveTable(screen.console, scenario.title, way.counter) if screen.live else nullcontext(_silent)
            with shown as watch:
                records.append(play(scenario, rig, wanted.parameters, way, watch))
            summary(screen, records[-1])
    _write(wanted, records)
    ok = all(record.ok for record in records)
    screen.verdict(ok, f"{_words(records)}, {time.monotonic() - started_s:.0f} s; {wanted.out / 'report.html'}")
    return ok


def _words(records: list[RunRecord]) -> str:
    checks = [check for record in records for check in record.checks]
    held = sum(check.ok for check in checks)
    return f"{held} of {len(checks)} checks held in {len(records)} scenario{'s' * (len(records) > 1)}"


def _silent(_progress: object) -> None:
    """Nobody watches."""


def _write(wanted: Wanted, records: list[RunRecord]) -> None:
    wanted.out.mkdir(parents=True, exist_ok=True)
    figures: dict[str, object] = dict(records[0].figures)
    figures["scenarios"] = {
        record.scenario: {
            "ok": record.ok,
            "figures": record.figures,
            "checks": {
                check.name: {"ok": check.ok, "measured": check.measured, "limit": check.limit}
                for check in record.checks
            },
        }
        for record in records
    }
    series = {record.scenario: write_series(record, wanted.out) for record in records}
    write_html(records, wanted.out / "report.html", series=series)
    write_junit(records, wanted.out / "junit.xml")
    write_json(figures, wanted.out / "bench.json")
    if wanted.json_file is not None:
        write_json(figures, wanted.json_file)
