"""The recipes of flashing, provisioning and updating that need no cable, word by word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from recipes import Recipe, lines_of

pytestmark = [pytest.mark.timeout(400), pytest.mark.realtime]
HEADING = "Try it without a cable"


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Recipe]:
    made = Recipe(tmp_path, None)
    try:
        yield made
    finally:
        codes = made.close()
    assert set(codes) == {0}, made.report()


def test_flashing_by_the_recipe_leaves_a_complete_board(recipe: Recipe) -> None:
    lines = lines_of("docs/flash-your-first-board.md", HEADING)
    said = []
    for line in lines:
        recipe.run(line)
        said.append(recipe.said.get(line, ""))
    assert "flashed" in said[2] and "complete already" in said[3]
    assert "flashed.json" in said[4] and "gridkeel" in said[4]


def test_provisioning_by_the_recipe_leaves_a_complete_board(recipe: Recipe) -> None:
    for line in lines_of("docs/provisioning.md", HEADING):
        recipe.run(line)
    (row,) = json.loads((recipe.folder / "report.json").read_text())
    assert row["result"] == "provisioned" and (row["device_id"], row["group"]) == ("charger-0001", 7)
    (last,) = json.loads((recipe.folder / "chain.json").read_text())
    assert last["changed"] == ["pki"] and last["key_sha256"] == row["key_sha256"] != ""
    flash = recipe.folder / "bench-flash"
    assert json.loads((flash / "config.json").read_text()) == {"group": 7, "baseline_w": 2500}
    assert (flash / "pki" / "secc_key.der").read_bytes() == (flash / "own_key.der").read_bytes()
    assert (flash / "pki" / "secc_2.der").exists()
    said = "\n".join(recipe.said.values())
    assert "complete already" in said and "provisioned.json" in said
    assert (flash / "update_keys").read_text().strip() not in said


def test_updating_by_the_recipe_installs_a_release_a_delta_and_other_keys(recipe: Recipe) -> None:
    lines = lines_of("docs/update.md", HEADING)
    for line in lines:
        recipe.run(line)
    sent = [recipe.said[line] for line in lines if line.startswith("gridkeel update send")]
    assert len(sent) == 3 and all("installed" in said for said in sent), sent
    first, delta = ((recipe.folder / name).stat().st_size for name in ("first.gkr", "next.gkr"))
    assert delta < first / 10
    trusted = (recipe.folder / "next-keys" / "update-keys-2.set").read_bytes()
    assert bytes.fromhex((recipe.folder / "bench-flash" / "update_keys").read_text()) == trusted
