"""Options shared by all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No example is judged by the clock; CI looks at the same examples every time, a desk at new ones.
settings.register_profile("gridkeel", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("gridkeel")

# These tests share the machine with boards, brokers or peers on the real clock: make test runs them one at a time.
REALTIME = (
    "fuzz/test_fuzz_console",
    "hil/test_inverter_plant_server",
    "hil/test_master_pymodbus",
    "hil/test_virtual_board",
    "host/test_broker",
    "host/test_monitor",
    "host/test_uplink_process",
    "host/test_uplink_session",
    "system/",
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "realtime: runs on the machine's clock; better alone on it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(part in item.path.as_posix() for part in REALTIME) or "realtime" in item.name:
            item.add_marker(pytest.mark.realtime)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rig", default="lockstep", help="rig that the scenarios run on: lockstep, realtime or a .toml file"
    )
