"""The promises of the link over a line that loses, flips, doubles and inserts, with both ends restarting at will.

Every record not counted as dropped is stored exactly once and in order; every command is executed at most once, and
exactly once where its answer says so.
"""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from link_world import World


class LinkMachine(RuleBasedStateMachine):
    """Anything a user, a cable or a power cut may do to a link, in any order; then the line heals."""

    @initialize(seed=st.integers(0, 1 << 32))
    def start(self, seed: int) -> None:
        self.world = World(seed)

    @rule(count=st.integers(1, 60))
    def post(self, count: int) -> None:
        self.world.post(count)

    @rule(count=st.integers(1, 20))
    def ask(self, count: int) -> None:
        for _ in range(count):
            self.world.ask()

    @rule(ms=st.sampled_from([10, 50, 300, 2000, 7000]))
    def run(self, ms: int) -> None:
        self.world.run(ms)

    @rule(to_host=st.sampled_from([0.0, 0.05, 0.5]), to_device=st.sampled_from([0.0, 0.05, 0.5]))
    def damage(self, to_host: float, to_device: float) -> None:
        self.world.to_host.damage = to_host
        self.world.to_device.damage = to_device

    @rule(to_host=st.booleans(), to_device=st.booleans())
    def cut(self, to_host: bool, to_device: bool) -> None:
        self.world.to_host.cut = to_host
        self.world.to_device.cut = to_device

    @rule(chance=st.sampled_from([0.0, 0.05, 1.0]))
    def disk(self, chance: float) -> None:
        self.world.commit_chance = chance

    @rule()
    def reboot_device(self) -> None:
        self.world.reboot()

    @rule()
    def restart_host(self) -> None:
        self.world.restart_host()

    @precondition(lambda self: hasattr(self, "world"))
    @rule()
    def lose_the_port(self) -> None:
        self.world.host.line_lost()

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.settle()
            self.world.check()


TestLinkMachine = LinkMachine.TestCase
TestLinkMachine.settings = settings(
    max_examples=40, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("seed", range(6))
def test_every_record_and_command_arrives_once_over_a_bad_line_with_restarts(seed: int) -> None:
    world = World(seed)
    rng = random.Random(seed)
    for _ in range(60):
        world.to_host.damage = rng.choice((0.0, 0.02, 0.2))
        world.to_device.damage = rng.choice((0.0, 0.02, 0.2))
        world.post(rng.randrange(20))
        world.ask()
        world.run(rng.choice((100, 1000)))
        fate = rng.random()
        if fate < 0.05:
            world.reboot()
        elif fate < 0.1:
            world.restart_host()
    world.settle()
    world.check()
    assert sum(device.errors for device in world.devices.values()) > 0
    assert sum(len(stored) for stored in world.disk.values()) > 200


def test_without_restarts_every_command_is_executed_exactly_once() -> None:
    world = World(11)
    world.to_host.damage = world.to_device.damage = 0.2
    tokens = [world.ask() for _ in range(200)]
    for _ in range(120):
        world.post(4)
        world.run(200)
    world.settle()
    world.check()
    assert all(world.executed[token] == 1 for token in tokens)
    assert all(world.ended[token].error is None for token in tokens)


def test_a_host_that_is_away_costs_the_oldest_records_and_they_are_counted() -> None:
    world = World(12)
    world.run(2000)
    world.to_host.cut = world.to_device.cut = True
    world.post(100)
    world.run(6000)
    world.settle()
    world.check()
    assert world.device.dropped == 100 - world.slots
    assert len(world.gaps[world.boot]) == world.device.dropped
    assert len(world.disk[world.boot]) == world.slots
