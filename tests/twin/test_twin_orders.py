"""Orders: within the controller's limits, with a lifetime, without a jump, as an uplink takes them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from host_tools.contract.commands import CommandError
from host_tools.errors import MissingError, ToolError
from twin.orders import commands
from twin.orders.book import Book, Bounds
from twin.orders.schedule import Schedule, ScheduleFile, read_departures, read_schedule

FREE = Bounds(0.0, -10_000.0, 11_000.0)


def powers(book: Book, bounds: Bounds, seconds: range) -> list[int]:
    sent = []
    for now_s in seconds:
        for order in book.due(float(now_s), {"gk-1": bounds}, 10):
            commands.check(order)
            sent.append(order.body["setpoint"]["power_w"])
    return sent


@pytest.mark.parametrize(
    "order",
    [
        commands.setpoint("gk-1", -2500.4),
        commands.departure("gk-1", 28_800, 0.8),
        commands.plan("gk-1", 300, -120.0, 900, [3000.0, 0.0, -2000.0] * 40),
        commands.telemetry_rate("gk-1", 0.5, 1.0),
        commands.regulation(-0.25, group=7, lifetime_s=4.0),
    ],
    ids=lambda order: next(iter(order.body)),
)
def test_every_order_is_one_that_an_uplink_takes(order: commands.Order) -> None:
    commands.check(order)
    assert order.lifetime_s > 0
    assert order.topic in ("gridkeel/v2/gk-1/cmd", "gridkeel/v2/$group/7/cmd")


def test_an_order_past_what_a_command_may_say_is_refused_here() -> None:
    with pytest.raises(CommandError, match="50000"):
        commands.check(commands.setpoint("gk-1", 60_000))
    with pytest.raises(CommandError, match="one controller"):
        commands.check(commands.departure("", 100, 0.8)._replace(group=7))


def test_a_plan_has_a_price_for_each_slot_by_its_sign() -> None:
    body = commands.plan("gk-1", 257, 0.0, 900, [3000.0, 100.0, -2000.0]).body["plan"]
    assert body["prices"] == [-1000, 0, 1000] and body["number"] == 1
    assert body["prices"][0] <= body["charge_to"] < body["prices"][1] < body["discharge_from"] <= body["prices"][2]


def test_a_set_point_goes_to_its_target_by_the_ramp() -> None:
    book = Book(ramp_w_s=500.0)
    book.want("gk-1", 2000.0, 1000.0)
    assert powers(book, FREE, range(8)) == [0, 500, 1000, 1500, 2000]


def test_a_twin_that_returns_begins_at_what_flows() -> None:
    """What its predecessor had sent it does not know; the power that flows it does."""
    book = Book(ramp_w_s=500.0)
    book.want("gk-1", -3000.0, 1000.0)
    sent = powers(book, FREE._replace(delivered_w=7000.0), range(30))
    assert sent[0] == 7000 and sent[-1] == -3000
    assert max(abs(b - a) for a, b in zip(sent, sent[1:], strict=False)) <= 500


def test_nothing_is_sent_where_nobody_knows_what_flows() -> None:
    book = Book()
    book.want("gk-1", 2000.0, 1000.0)
    assert powers(book, Bounds(None, -100.0, 100.0), range(5)) == []
    assert book.due(0.0, {}, 10) == []


def test_a_set_point_keeps_to_the_limits_of_its_controller() -> None:
    book = Book(ramp_w_s=1e6)
    book.want("gk-1", 9000.0, 1000.0)
    assert powers(book, Bounds(0.0, -3000.0, 3700.0), range(3))[-1] == 3700
    book.want("gk-1", -9000.0, 1000.0)
    assert powers(book, Bounds(0.0, -3000.0, 3700.0), range(3, 6))[-1] == -3000


def test_a_limit_that_falls_is_followed_at_once() -> None:
    book = Book(ramp_w_s=1e6)
    book.want("gk-1", 9000.0, 1000.0)
    powers(book, FREE, range(3))
    assert powers(book, Bounds(9000.0, 0.0, 1000.0), range(3, 5)) == [1000]


def test_a_set_point_is_renewed_at_half_its_lifetime_and_not_before() -> None:
    book = Book(lifetime_s=60.0, ramp_w_s=1e6)
    book.want("gk-1", 2000.0, 1e6)
    sent_s = [now_s for now_s in range(200) if book.due(float(now_s), {"gk-1": FREE}, 10)]
    assert sent_s == [0, 1, 31, 61, 91, 121, 151, 181]


def test_after_its_end_nothing_is_wanted_and_no_set_point_outlives_it() -> None:
    book = Book(lifetime_s=60.0)
    book.want("gk-1", 0.0, 100.0)
    ends_s = [now_s + order.lifetime_s for now_s in range(200) for order in book.due(float(now_s), {"gk-1": FREE}, 10)]
    assert max(ends_s) <= 100.0 and book.wanted("gk-1") is None


def test_a_tick_sends_no_more_than_it_may_and_the_rest_later() -> None:
    book = Book()
    for number in range(10):
        book.want(f"gk-{number}", 0.0, 1000.0)
    bounds = {f"gk-{number}": FREE for number in range(10)}
    counts = [len(book.due(float(now_s), bounds, 4)) for now_s in range(4)]
    assert counts == [4, 4, 2, 0]


def test_a_schedule_says_power_by_slot() -> None:
    schedule = Schedule(1000.0, 900, {"gk-1": [1.0, 2.0, 3.0]})
    assert [schedule.power_at("gk-1", at_s) for at_s in (999.0, 1000.0, 1899.9, 1900.0, 3700.0)] == [
        None,
        1,
        1,
        2,
        None,
    ]
    assert schedule.rest("gk-1", 400.0) == (600.0, [1.0, 2.0, 3.0])
    assert schedule.rest("gk-1", 2000.0) == (-100.0, [2.0, 3.0])
    assert schedule.rest("gk-1", 3700.0) is None and schedule.rest("gk-2", 0.0) is None


SOUND = {"start_s": 1000, "slot_s": 900, "power_w": {"gk-1": [1000, -500.5]}}
WRONG = {
    "no JSON": "{",
    "a list": "[]",
    "no power": json.dumps({"start_s": 1, "slot_s": 900}),
    "a slot of a second": json.dumps({**SOUND, "slot_s": 1}),
    "NaN": json.dumps({**SOUND, "power_w": {"gk-1": [float("nan")]}}),
    "too much": json.dumps({**SOUND, "power_w": {"gk-1": [60_000]}}),
    "words": json.dumps({**SOUND, "power_w": {"gk-1": ["1000"]}}),
    "start of NaN": json.dumps({**SOUND, "start_s": float("nan")}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_schedule_that_is_wrong_is_named(name: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(WRONG[name])
    with pytest.raises(ToolError, match="plan.json: .*want"):
        read_schedule(path)
    with pytest.raises(MissingError):
        read_schedule(tmp_path / "none.json")


def test_a_schedule_that_becomes_wrong_leaves_the_last_one_in_force(tmp_path: Path) -> None:
    path, said = tmp_path / "plan.json", []
    path.write_text(json.dumps(SOUND))
    file = ScheduleFile(path, said.append)
    first = file.load()
    path.write_text("{")
    assert file.load() is first and file.load() is first
    path.unlink()
    assert file.load() is first
    assert len(said) == 2 and all("stays in force" in line for line in said)
    path.write_text(json.dumps({**SOUND, "number": 9}))
    assert file.load().number == 9


def test_departures_are_read_with_their_zone(tmp_path: Path) -> None:
    path = tmp_path / "leave.csv"
    path.write_text("device,at,soc_pct\ngk-1,2026-11-30T07:00:00+01:00,80\n")
    (one,) = read_departures(path)
    assert (one.device, one.soc, one.at_s) == ("gk-1", 0.8, 1796018400.0)
    for text, words in (
        ("device,at\ngk-1,x\n", "no column soc_pct"),
        ("device,at,soc_pct\ngk-1,2026-11-30T07:00:00,80\n", "line 2.*no zone"),
        ("device,at,soc_pct\ngk-1,2026-11-30T07:00:00Z,180\n", "line 2.*outside"),
        ("device,at,soc_pct\ngk-1,tomorrow,80\n", "line 2"),
    ):
        path.write_text(text)
        with pytest.raises(ToolError, match=words):
            read_departures(path)
