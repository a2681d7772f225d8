"""Fixtures that several test files of the command line share."""

from __future__ import annotations

from pathlib import Path

import pytest

from certs import v2g


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return v2g.make(tmp_path_factory.mktemp("rules") / "pki").folder
