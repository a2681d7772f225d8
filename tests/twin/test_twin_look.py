"""What is told of a battery, and the commands that look at a store or replay a file, run in this process."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from twin_peers import states, undisturbed
from twin_records import battery, fleet, message

from command_line import main
from twin.battery.pack import Pack
from twin.engine.packs import Packs, Spec, chemistry_of, read
from twin.engine.shard import layout
from twin.engine.worker import Worker
from twin.intake.parser import Parser
from twin.store.sqlite import SqliteStore

NOW_S = 1_800_000_000.0


def gridkeel(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Return exit code, standard output and standard error."""
    monkeypatch.setattr(sys, "argv", ["gridkeel", *words])
    with pytest.raises(SystemExit) as ended:
        main.main()
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    return lambda *words: gridkeel(monkeypatch, capsys, *map(str, words))


def recorded(path: Path, messages: list[tuple[str, bytes]], first_s: float = NOW_S) -> Path:
    """Write what `mosquitto_sub -F %J` would have."""
    lines = [
        json.dumps({"tst": first_s + i * 0.5, "topic": topic, "qos": 1, "payload": json.loads(payload)})
        for i, (topic, payload) in enumerate(messages)
    ]
    path.write_text("\n".join(lines) + "\n")
    return path


def worked(path: Path, packs: Packs, *records: dict[str, Any]) -> list[dict[str, Any]]:
    parser = Parser()
    for record in records:
        parser.take(*message(record), NOW_S)
    with SqliteStore(path, layout()) as store:
        worker = Worker(store, packs)
        worker.work(parser.batch(), NOW_S)
        return worker.told()


def test_what_is_told_is_of_the_pack_and_has_its_intervals(tmp_path: Path) -> None:
    records = [battery(sequence=i, energy_in_wh=i * 1000, energy_out_wh=i * 500) for i in range(1, 200)]
    (one,) = worked(tmp_path / "twin.db", Packs(Spec("nca", 60.0, 360.0)), *records)
    assert json.loads(json.dumps(one, allow_nan=False)) == one
    for name, unit in (("soc", "pct"), ("temperature", "c"), ("resistance", "mohm"), ("capacity", "ah")):
        assert one[name][f"low_{unit}"] <= one[name][unit] <= one[name][f"high_{unit}"], name
    pack = Pack.of(chemistry_of("nca"), 60.0, 360.0)
    assert one["capacity"]["ah"] == pytest.approx(pack.capacity_ah(pack.chemistry.capacity_ah), rel=0.05)
    assert one["throughput_kwh"] == pytest.approx(198 * 1.5)
    assert one["full_cycles"] == pytest.approx(198 * 1.5 / 120.0, rel=0.01)
    assert 0.0 < one["cycle_loss_pct"] < 5.0 and 0.001 < one["wear_price_per_kwh"] < 1.0


def test_what_nobody_measured_is_null_and_no_number(tmp_path: Path) -> None:
    unknown = {"soc_pct_x100": None, "dc_voltage_mv": None, "dc_current_ma": None, "delivered_w": None}
    (one,) = worked(tmp_path / "twin.db", Packs(), battery(**unknown, battery_temperature_c_x10=None))
    assert one["observability"] == "none" and "soc_reported_pct" not in one
    assert one["soc"]["low_pct"] < 10 and one["soc"]["high_pct"] > 90
    json.dumps(one, allow_nan=False)


def test_a_replay_ends_with_the_states_of_a_twin_that_was_there(command, tmp_path: Path) -> None:
    messages = [each for each in fleet(4, 40) if b"NaN" not in each[1]]
    path, store = recorded(tmp_path / "night.jsonl", messages), tmp_path / "twin.db"
    code, out, _err = command("twin", "replay", path, "--store", store, "--json", tmp_path / "r.json")
    assert code == 0 and f"{len(messages)} records of 4 controllers" in out
    assert states(str(store)) == undisturbed(messages, tmp_path)
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["speed"] > 1 and len(document["controllers"]) == 4
    code, out, _err = command("twin", "replay", path, "--store", store, "--quiet")
    assert code == 0 and f"{len(messages)} repeated" in out, "what it has it does not count again"


def test_records_of_1970_are_counted_and_not_replayed(command, tmp_path: Path) -> None:
    path = recorded(tmp_path / "old.jsonl", fleet(1, 20), first_s=0.0)
    code, out, _err = command("twin", "replay", path, "--quiet")
    assert code == 0 and "0 records of 0 controllers" in out and "clock" in out


@pytest.mark.parametrize("line", ["{", '{"tst": 1}', '{"tst": "then", "topic": "t", "payload": {}}', "[]"])
def test_a_file_that_is_no_recording_is_named(command, tmp_path: Path, line: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(line + "\n")
    code, _out, err = command("twin", "replay", path)
    assert code == 2 and "bad.jsonl, line 1" in err and "mosquitto_sub -F %J" in err


def test_times_are_read_as_mosquitto_writes_them(command, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    topic, payload = message(battery())
    line = {"tst": "2026-11-30T22:46:18.578182Z+0100", "topic": topic, "payload": payload.decode()}
    path.write_text(json.dumps(line))
    _code, out, _err = command("twin", "replay", path, "--json")
    assert json.loads(out)["controllers"][0]["heard_s"] == 1796075178.578


def test_show_status_and_export_read_a_store(command, tmp_path: Path) -> None:
    store = tmp_path / "twin.db"
    worked(store, Packs(), *[battery("gk-1", sequence=i) for i in (1, 2, 2)], battery("gk-2", session="x"))
    code, out, _err = command("twin", "show", "gk-1", "--store", store)
    assert code == 0 and "state of charge" in out and "with 95 %" in out
    _code, out, _err = command("twin", "show", "gk-1", "--store", store, "--json")
    assert json.loads(out)["records"] == 2
    code, _out, err = command("twin", "show", "gk-9", "--store", store)
    assert code == 3 and "no controller 'gk-9'; it knows gk-1, gk-2" in err
    _code, out, _err = command("twin", "status", "--store", store, "--json")
    document = json.loads(out)
    assert document["controllers"] == 2 and document["unused"] == {"repeated": 1, "value": 1}
    code, out, _err = command("twin", "export", tmp_path / "h.csv", "--store", store)
    assert code == 0 and out.endswith(": 1 samples\n")
    assert command("twin", "export", tmp_path / "h.xls", "--store", store)[0] == 2


def test_a_store_of_a_newer_gridkeel_is_said_in_a_line(command, tmp_path: Path) -> None:
    store = tmp_path / "twin.db"
    worked(store, Packs(), battery())
    database = sqlite3.connect(store)
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    for words in (("show", "gk-1"), ("status",), ("export", tmp_path / "h.csv"), ("run",)):
        code, _out, err = command("twin", *words, "--store", store)
        assert code == 2 and "newer gridkeel (schema 99" in err, words


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "spark"), "there are inline and ray"),
        (("--engine", "ray"), "--store postgresql://"),
        (("--shards", "3"), "belongs to --engine ray"),
        (("--group", "7"), "belong together"),
        (("--chemistry", "lead"), "no chemistry 'lead'"),
        (("--capacity-kwh", "0"), "0.1..10000 kWh"),
        (("--schedule", "none.json"), "none.json"),
        (("--broker", "tcp://x"), "no broker address"),
    ],
)
def test_options_without_a_meaning_are_refused(command, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    code, _out, err = command("twin", "run", "--store", tmp_path / "twin.db", *words)
    assert code in (2, 3) and said in err
    assert not (tmp_path / "twin.db").exists()


def test_a_list_of_batteries_is_checked_by_line(tmp_path: Path) -> None:
    path = tmp_path / "v.csv"
    path.write_text("device,chemistry,capacity_kwh,nominal_v\ngk-1,lfp,52,340\n")
    assert read(path, Spec()).of("gk-1") == Spec("lfp", 52.0, 340.0) and read(path, Spec()).of("gk-2") == Spec()
    for text, words in (
        ("device,chemistry\n", "no column capacity_kwh, nominal_v"),
        ("device,chemistry,capacity_kwh,nominal_v\ngk-1,lfp,big,340\n", "line 2"),
        ("device,chemistry,capacity_kwh,nominal_v\ngk-1,lead,52,340\n", "no chemistry 'lead'"),
        ("device,chemistry,capacity_kwh,nominal_v\ngk-1,lfp,nan,340\n", "want 0.1"),
    ):
        path.write_text(text)
        with pytest.raises(Exception, match=words):
            read(path, Spec())
    assert np.isfinite(Pack.of(chemistry_of("lfp"), 52.0, 340.0).capacity_kwh)
