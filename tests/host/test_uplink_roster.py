"""Who is due to be told of, and when again."""

from __future__ import annotations

from host_tools.uplink.birth import Birth
from host_tools.uplink.roster import EXPIRY_S, RENEW_S, UPLINK, Roster


def drain(roster: Roster, now_s: float) -> list[str]:
    roster.renew(now_s)
    said = []
    while (device := roster.next_due()) is not None:
        roster.said(device, now_s)
        said.append(device)
    return said


def birth(device: str) -> Birth:
    return Birth(device, 1, "fw", {})


def test_who_is_offline_comes_first_then_the_uplink_then_who_is_online():
    roster = Roster()
    roster.attach(birth("on-1"))
    roster.add("off-1")
    roster.attach(birth("on-2"))
    roster.add("off-2")
    roster.connected()
    assert drain(roster, 0.0) == ["off-1", "off-2", UPLINK, "on-1", "on-2"]
    assert drain(roster, 1.0) == []


def test_every_online_is_renewed_in_time_and_no_offline():
    roster = Roster()
    roster.attach(birth("on"))
    roster.add("off")
    roster.connected()
    drain(roster, 0.0)
    said: dict[str, list[float]] = {"on": [], "off": [], UPLINK: []}
    for now_s in range(1, 3600):
        for device in drain(roster, float(now_s)):
            said[device].append(now_s)
    assert said["off"] == []
    for device in ("on", UPLINK):
        gaps = [later - earlier for earlier, later in zip([0, *said[device]], said[device], strict=False)]
        assert set(gaps) == {RENEW_S}
    assert 2 * RENEW_S < EXPIRY_S, "one that is lost is made up for by the next"


def test_a_controller_that_comes_and_goes_is_renewed_no_more_often_for_it():
    roster = Roster()
    roster.connected()
    for now_s in range(100):
        roster.attach(birth("on"))
        drain(roster, float(now_s))
        roster.detach("on", "link lost")
        drain(roster, float(now_s))
    roster.attach(birth("on"))
    drain(roster, 100.0)
    assert [now_s for now_s in range(101, 330) if "on" in drain(roster, float(now_s))] == [220]


def test_only_the_last_state_is_reported_and_it_is_never_dropped():
    roster = Roster()
    roster.connected()
    drain(roster, 0.0)
    for n in range(10_000):
        roster.attach(birth(f"gk-{n % 1000}"))
        roster.detach(f"gk-{n % 1000}", "link lost")
    said = drain(roster, 1.0)
    assert sorted(said) == sorted(f"gk-{n}" for n in range(1000))
    assert all(roster.members[device].birth is None for device in said)


def test_a_forgotten_controller_is_reported_and_subscribed_to_no_more():
    roster = Roster()
    roster.attach(birth("a b"))
    assert roster.of_level("a%20b") is roster.members["a b"]
    roster.connected()
    roster.forget("a b")
    assert drain(roster, 0.0) == [UPLINK]
    assert roster.take_unsubscribed(10) == []
    assert roster.of_level("a%20b") is None
    assert "a b" not in drain(roster, RENEW_S + 1)
