"""The twin's page, word by word: its lines run as they are, its table of records that are not used is the code's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mosquitto import required
from recipes import ROOT, Recipe, lines_of, own_network

from twin.intake.parser import KINDS

pytestmark = [pytest.mark.timeout(600), pytest.mark.realtime]
PAGE = "docs/twin.md"


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Recipe]:
    required("mosquitto_sub")
    with own_network("twin") as namespace:
        made = Recipe(tmp_path, namespace)
        try:
            yield made
        finally:
            codes = made.close()
        assert set(codes) == {0}, f"Ctrl-C does not end every line in order: {codes}\n{made.report()}"


def test_the_recipe_of_a_twin_on_one_machine_works(recipe: Recipe) -> None:
    lines = lines_of(PAGE, "On one machine")
    for line in lines:
        recipe.run(line)

    def said(start: str) -> str:
        return next(recipe.said[line] for line in lines if line.startswith(start))

    told = json.loads(said("mosquitto_sub -V 5 -C 1 "))
    assert told["device"] == "virtual-0001" and 0 <= told["soc"]["low_pct"] <= told["soc"]["high_pct"] <= 100
    assert "state of charge" in said("gridkeel twin show")
    assert "1 controllers" in said("gridkeel twin status")
    assert (recipe.folder / "history.csv").read_text().startswith("device,at_s,soc")
    records = [json.loads(line) for line in (recipe.folder / "records.jsonl").read_text().splitlines()]
    assert len(records) == 100
    assert re.search(r"100 records of 1 controllers .* 0 not used", said("gridkeel twin replay"))
    limiters = {one["payload"].get("limiter") for one in records if one["topic"].endswith("telemetry")}
    assert "setpoint" in limiters, "the twin's set-point is what the board follows"


def test_the_page_names_every_kind_of_record_that_is_not_used() -> None:
    section = (ROOT / PAGE).read_text().split("## Records that are not used")[1].split("\n## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(KINDS)
