"""`make test` runs all its parts, whatever became of those before, and fails where one did."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "tools" / "test.sh"


@pytest.mark.parametrize(
    ("failing", "named", "again"),
    [
        ("nothing", "", False),
        ("*ruff*", "format, lint, types or generated files", False),
        ("*not\\ realtime*", "tests that only compute", False),
        ("*loadfile*", "", True),
        ("*-m\\ realtime*", "tests on the machine's clock", True),
    ],
)
def test_a_part_that_fails_hides_no_other(tmp_path: Path, failing: str, named: str, again: bool) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/ran\ncase "$*" in {failing}) exit 1;; esac\n')
    python.chmod(0o755)
    done = subprocess.run(
        [SCRIPT, "--more"], env={**os.environ, "PYTHON": str(python)}, capture_output=True, text=True, check=False
    )
    runs = [line for line in (tmp_path / "ran").read_text().splitlines() if "pytest" in line]
    assert ["not realtime" in line for line in runs] == [True, False] + [False] * again
    assert ("once more and alone" in done.stdout) == again
    assert all(line.endswith("--more") for line in runs)
    assert done.returncode == bool(named)
    assert done.stderr.strip() == (f"failed: {named}" if named else "")
