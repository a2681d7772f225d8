"""docs/compatibility.md names tests: each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "compatibility.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| Behaviour")]


def test_every_file_of_tests_that_the_page_names_exists():
    files = set(re.findall(r"tests/[\w/]+\.py", PAGE))
    assert files
    assert [name for name in sorted(files) if not (ROOT / name).is_file()] == []


def test_every_test_that_the_page_names_exists():
    written = set(
        re.findall(r"def (test_\w+)", "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py")))
    )
    assert set(re.findall(r"::(test_\w+)", PAGE)) - written == set()


def test_every_row_names_who_tried_it():
    assert len(ROWS) > 100
    assert [row for row in ROWS if not re.search(r"tests/\w+/\w+\.py|the same", row.split(" | ")[-1])] == []
