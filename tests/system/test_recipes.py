"""The recipes of the pages, word by word, on a machine that two busy loops load."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mosquitto import required
from namespace_needs import need
from recipes import ROOT, Observer, Recipe, busy_loops, lines_of, own_network

pytestmark = [pytest.mark.timeout(900), pytest.mark.realtime]

RECIPES = {"README.md": "A fleet on one machine", "docs/mqtt.md": "On one machine"}
SESSION = ("docs/iso15118.md", "A Plug & Charge session on one machine")


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Recipe]:
    required("mosquitto_pub")
    required("mosquitto_sub")
    with own_network("pages") as namespace, busy_loops():
        made = Recipe(tmp_path, namespace)
        try:
            yield made
        finally:
            codes = made.close()
        assert set(codes) == {0}, f"Ctrl-C does not end every line in order: {codes}\n{made.report()}"


@contextmanager
def observed(recipe: Recipe, lines: list[str]) -> Iterator[Observer]:
    """Run the lines up to the broker's own and take them away; what it hears from then on is the observer's."""
    broker = next(i for i, line in enumerate(lines) if line.startswith("gridkeel broker"))
    for line in lines[: broker + 1]:
        recipe.run(line)
    del lines[: broker + 1]
    observer = Observer(recipe)
    try:
        yield observer
    finally:
        observer.close()


@pytest.mark.parametrize("page", RECIPES)
def test_the_recipe_of_a_fleet_on_one_machine_works(page: str, recipe: Recipe) -> None:
    lines = lines_of(page, RECIPES[page])
    with observed(recipe, lines) as observer:
        for line in lines:
            commands = line.startswith(("mosquitto_pub", "gridkeel send"))
            if commands:
                observer.wait_for("telemetry", lambda record: record["delivered_w"] > 2900, 120)
            recipe.run(line)
            if line.startswith("gridkeel monitor"):
                assert "virtual-0001" in recipe.said[line]
            elif commands:
                observer.wait_for("telemetry", lambda record: record["limiter"] == "setpoint", 60)
                observer.wait_for("telemetry", lambda record: -2600 < record["delivered_w"] < -2400, 60)
                answered = "ok" in recipe.said[line] if "send" in line else observer.of("ack")[-1]["result"] == "ok"
                assert answered, recipe.said[line]
            elif line.startswith("mpremote"):
                assert "config.json" in recipe.said[line] and "main.py" in recipe.said[line]


def test_the_recipe_of_a_plug_and_charge_session_on_one_machine_works(recipe: Recipe) -> None:
    need(java=True)
    lines = lines_of(*SESSION)
    with observed(recipe, lines) as observer:
        for line in lines:
            recipe.run(line)
        handshake = observer.wait_for("handshake", lambda record: True, 60)
        assert handshake["contract"] is True, handshake
        assert handshake["secured"] is True, handshake
        charged = [record for record in observer.of("telemetry") if record["contactor_state"] == "closed"]
        assert max(record["delivered_w"] for record in charged) > 2900
        assert max(record["energy_wh"] for record in charged) >= 10
        faults = {event["fault"] for event in observer.of("fault_event") if event["active"]}
        assert "samples_lost" not in faults


def test_the_pages_name_no_folder_that_is_not_theirs() -> None:
    for page, heading in [*RECIPES.items(), SESSION]:
        text = "\n".join(lines_of(page, heading))
        assert "/dev/pts" not in text, "a recipe that has to be edited is none"
    assert (ROOT / "docs" / "ev-plug-and-charge.json").exists()
    assert shutil.which("bash")
