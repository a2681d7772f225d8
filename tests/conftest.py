"""Options shared by all tests."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rig", default="lockstep", help="rig that the scenarios run on: lockstep, realtime or a .toml file"
    )
