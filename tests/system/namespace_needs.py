"""Needs of tests with a real vehicle: root, iproute2, Java; without them they skip with a message, in CI they fail."""

from __future__ import annotations

import os

import pytest

from hil.interop.namespaces import check_possible
from hil.interop.peers import check_java
from host_tools.errors import MissingError


def need(java: bool) -> None:
    """Skip the test where this machine lacks something; fail it where nothing may be skipped."""
    try:
        check_possible()
        if java:
            check_java()
    except MissingError as error:
        if os.environ.get("GRIDKEEL_NO_SKIPS") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
