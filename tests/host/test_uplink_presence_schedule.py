"""Whose presence is published next, and when again."""

from __future__ import annotations

from host_tools.uplink.birth import Birth
from host_tools.uplink.presence_schedule import EXPIRY_S, RENEW_S, UPLINK, PresenceSchedule


def drain(schedule: PresenceSchedule, now_s: float) -> list[str]:
    schedule.renew(now_s)
    said = []
    while (device := schedule.next_due()) is not None:
        schedule.said(device, now_s)
        said.append(device)
    return said


def birth(device: str) -> Birth:
    return Birth(device, 1, "fw", {})


def test_who_is_offline_comes_first_then_the_uplink_then_who_is_online():
    schedule = PresenceSchedule()
    schedule.attach(birth("on-1"))
    schedule.add("off-1")
    schedule.attach(birth("on-2"))
    schedule.add("off-2")
    schedule.connected()
    assert drain(schedule, 0.0) == ["off-1", "off-2", UPLINK, "on-1", "on-2"]
    assert drain(schedule, 1.0) == []


def test_every_online_is_renewed_in_time_and_no_offline():
    schedule = PresenceSchedule()
    schedule.attach(birth("on"))
    schedule.add("off")
    schedule.connected()
    drain(schedule, 0.0)
    said: dict[str, list[float]] = {"on": [], "off": [], UPLINK: []}
    for now_s in range(1, 3600):
        for device in drain(schedule, float(now_s)):
            said[device].append(now_s)
    assert said["off"] == []
    for device in ("on", UPLINK):
        gaps = [later - earlier for earlier, later in zip([0, *said[device]], said[device], strict=False)]
        assert set(gaps) == {RENEW_S}
    assert 2 * RENEW_S < EXPIRY_S, "one that is lost is made up for by the next"


def test_a_controller_that_comes_and_goes_is_renewed_no_more_often_for_it():
    schedule = PresenceSchedule()
    schedule.connected()
    for now_s in range(100):
        schedule.attach(birth("on"))
        drain(schedule, float(now_s))
        schedule.detach("on", "link lost")
        drain(schedule, float(now_s))
    schedule.attach(birth("on"))
    drain(schedule, 100.0)
    assert [now_s for now_s in range(101, 330) if "on" in drain(schedule, float(now_s))] == [220]


def test_only_the_last_state_is_published_and_it_is_never_dropped():
    schedule = PresenceSchedule()
    schedule.connected()
    drain(schedule, 0.0)
    for n in range(10_000):
        schedule.attach(birth(f"gk-{n % 1000}"))
        schedule.detach(f"gk-{n % 1000}", "link lost")
    said = drain(schedule, 1.0)
    assert sorted(said) == sorted(f"gk-{n}" for n in range(1000))
    assert all(schedule.members[device].birth is None for device in said)


def test_a_forgotten_controller_is_published_and_subscribed_to_no_more():
    schedule = PresenceSchedule()
    schedule.attach(birth("a b"))
    assert schedule.of_level("a%20b") is schedule.members["a b"]
    schedule.connected()
    schedule.forget("a b")
    assert drain(schedule, 0.0) == [UPLINK]
    assert schedule.take_unsubscribed(10) == []
    assert schedule.of_level("a%20b") is None
    assert "a b" not in drain(schedule, RENEW_S + 1)
