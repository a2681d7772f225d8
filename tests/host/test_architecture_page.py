"""The walks of docs/architecture.md name files, classes and functions that exist, and none has more than 12 stops."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WALKS = PAGE.split("## Four walks through the code")[1].split("## Packages")[0].split("\n### ")[1:]
FIRMWARE = ROOT / "firmware" / "gridkeel"


def path_of(name: str) -> Path:
    return ROOT / name if name.startswith(("host_tools/", "hil/")) else FIRMWARE / name


def defined(path: Path) -> set[str]:
    """Return the functions and classes of a file, methods as Class.method."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            kinds = ast.FunctionDef | ast.AsyncFunctionDef
            found |= {f"{node.name}.{item.name}" for item in node.body if isinstance(item, kinds)}
    return found


def test_there_are_four_walks_of_at_most_12_stops() -> None:
    assert len(WALKS) == 4
    for walk in WALKS:
        stops = re.findall(r"^\d+\. ", walk, re.MULTILINE)
        assert 8 <= len(stops) <= 12, walk.splitlines()[0]


def test_every_file_that_a_walk_names_exists() -> None:
    names = {name for walk in WALKS for name in re.findall(r"`([\w/]+/(?:\w+\.py)?|\w+\.py)`", walk)}
    assert len(names) > 30
    assert not [name for name in names if not path_of(name).exists()]


def test_every_class_and_function_that_a_walk_names_is_in_a_file_that_it_names() -> None:
    for walk in WALKS:
        files = [path_of(name) for name in re.findall(r"`([\w/]*\w+\.py)`", walk)]
        known = set().union(*(defined(path) for path in files))
        names = set(re.findall(r"`([A-Z]\w+(?:\.\w+)?|parse|find|fill)`", walk))
        other_walks = {"HostLink", "SerialLine", "Dispatcher.run"}  # introduced by the walk before
        assert names - known <= other_walks, (walk.splitlines()[0], names - known)
