"""The promises of the link over a line that loses, flips, doubles and inserts, with both ends restarting at will.

Every record not counted as dropped is stored exactly once and in order; every command is executed at most once, and
exactly once where its answer says so.
"""

from __future__ import annotations

import random

import pytest
from bad_link import BadLink
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule


class LinkMachine(RuleBasedStateMachine):
    """Anything a user, a cable or a power cut may do to a link, in any order; then the line heals."""

    @initialize(seed=st.integers(0, 1 << 32))
    def start(self, seed: int) -> None:
        self.link = BadLink(seed)

    @rule(count=st.integers(1, 60))
    def post(self, count: int) -> None:
        self.link.post(count)

    @rule(count=st.integers(1, 20))
    def ask(self, count: int) -> None:
        for _ in range(count):
            self.link.ask()

    @rule(ms=st.sampled_from([10, 50, 300, 2000, 7000]))
    def run(self, ms: int) -> None:
        self.link.run(ms)

    @rule(to_host=st.sampled_from([0.0, 0.05, 0.5]), to_device=st.sampled_from([0.0, 0.05, 0.5]))
    def damage(self, to_host: float, to_device: float) -> None:
        self.link.to_host.damage = to_host
        self.link.to_device.damage = to_device

    @rule(to_host=st.booleans(), to_device=st.booleans())
    def cut(self, to_host: bool, to_device: bool) -> None:
        self.link.to_host.cut = to_host
        self.link.to_device.cut = to_device

    @rule(chance=st.sampled_from([0.0, 0.05, 1.0]))
    def disk(self, chance: float) -> None:
        self.link.commit_chance = chance

    @rule()
    def reboot_device(self) -> None:
        self.link.reboot()

    @rule()
    def restart_host(self) -> None:
        self.link.restart_host()

    @precondition(lambda self: hasattr(self, "link"))
    @rule()
    def lose_the_port(self) -> None:
        self.link.host.line_lost()

    def teardown(self) -> None:
        if hasattr(self, "link"):
            self.link.settle()
            self.link.check()


TestLinkMachine = LinkMachine.TestCase
TestLinkMachine.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("seed", range(6))
def test_every_record_and_command_arrives_once_over_a_bad_line_with_restarts(seed: int) -> None:
    link = BadLink(seed)
    rng = random.Random(seed)
    for _ in range(60):
        link.to_host.damage = rng.choice((0.0, 0.02, 0.2))
        link.to_device.damage = rng.choice((0.0, 0.02, 0.2))
        link.post(rng.randrange(20))
        link.ask()
        link.run(rng.choice((100, 1000)))
        fate = rng.random()
        if fate < 0.05:
            link.reboot()
        elif fate < 0.1:
            link.restart_host()
    link.settle()
    link.check()
    assert sum(device.errors for device in link.devices.values()) > 0
    assert sum(len(stored) for stored in link.disk.values()) > 200


def test_without_restarts_every_command_is_executed_exactly_once() -> None:
    link = BadLink(11)
    link.to_host.damage = link.to_device.damage = 0.2
    tokens = [link.ask() for _ in range(200)]
    for _ in range(120):
        link.post(4)
        link.run(200)
    link.settle()
    link.check()
    assert all(link.executed[token] == 1 for token in tokens)
    assert all(link.ended[token].error is None for token in tokens)


def test_a_host_that_is_away_costs_the_oldest_records_and_they_are_counted() -> None:
    link = BadLink(12)
    link.run(2000)
    link.to_host.cut = link.to_device.cut = True
    link.post(100)
    link.run(6000)
    link.settle()
    link.check()
    assert link.device.dropped == 100 - link.slots
    assert len(link.gaps[link.boot]) == link.device.dropped
    assert len(link.disk[link.boot]) == link.slots
