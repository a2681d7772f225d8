"""Options shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from timekeeping import on_time

# No example is judged by the clock; CI looks at the same examples every time, every other run at new ones.
settings.register_profile("gridkeel", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("gridkeel")

# These tests share the machine with boards, brokers or peers on the real clock: make test runs four at a time, as they
# mostly wait, and nothing that only computes at the same time.
REALTIME = (
    "hil/test_inverter_plant_server",
    "hil/test_master_pymodbus",
    "hil/test_virtual_board",
    "hil/test_board_words",
    "hil/test_register_map_pymodbus",
    "host/test_broker",
    "host/test_monitor",
    "host/test_uplink_broker_limits",
    "host/test_uplink_ports",
    "host/test_uplink_process",
    "host/test_uplink_service",
    "host/test_uplink_session",
    "host/test_uplink_updates",
    "host/test_update_rollout",
    "system/",
)
# These wait for nobody but a process of their own, or compute alone.
ON_THE_CLOCK = {"served"}  # fixtures: who uses one is asked by a process that gives up after so many seconds
UNHURRIED = ("hil/test_virtual_board_fold", "system/test_namespaces")
# What these fixtures make costs seconds and serves a whole file: the tests that use one run in one process.
COSTLY = {"oracle", "piped", "played", "fleet"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "realtime: runs on the machine's clock; better with little else running")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    patience_s: dict[Path, float] = {}
    for item in items:
        patience = item.get_closest_marker("timeout")
        patience_s[item.path] = max(patience_s.get(item.path, 0.0), patience.args[0] if patience else 0.0)
        path = item.path.as_posix()
        unhurried = any(part in path for part in UNHURRIED)
        fixtures = set(getattr(item, "fixturenames", ()))
        hurried = any(part in path for part in REALTIME) and not unhurried or not ON_THE_CLOCK.isdisjoint(fixtures)
        if hurried or "realtime" in getattr(item, "originalname", ""):
            item.add_marker(pytest.mark.realtime)
        for fixture in COSTLY & fixtures:
            item.add_marker(pytest.mark.xdist_group(f"{item.path.stem} {fixture}"))
    # Files whose tests may take longest come first, so that none of them begins when the others are done.
    items.sort(key=lambda item: -patience_s[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    return (yield from _judged(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    return (yield from _judged(item))


def _judged(item: pytest.Item) -> Iterator[None]:
    """With --alone, a failure on the machine's clock counts only where the machine kept time."""
    if not (item.config.getoption("--alone") and item.get_closest_marker("realtime")):
        return (yield)
    with on_time():
        return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--alone",
        action="store_true",
        help="nothing else of the tests runs: what fails on a late machine is not judged",
    )
    parser.addoption(
        "--rig", default="lockstep", help="rig that the scenarios run on: lockstep, realtime or a .toml file"
    )
