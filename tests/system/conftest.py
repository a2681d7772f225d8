"""Fixtures of tests with a raw vehicle at a charger: one set-up a file, plugged in for each test."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from namespace_needs import need

from hil.interop.setup import Setup, setups

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / name) for name in ("host", "twin")]


@pytest.fixture(scope="module")
def running() -> Iterator[Setup]:
    need(java=False)
    with setups() as setup_with, setup_with() as made:
        yield made


@pytest.fixture
def plugged(running: Setup) -> Iterator[Setup]:
    running.plug()
    yield running
    running.unplug()
