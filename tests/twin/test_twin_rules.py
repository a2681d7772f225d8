"""Who may import what is heavy, and what is said where an extra is not installed."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from host_tools.errors import MissingError
from twin.store import export

ROOT = Path(__file__).resolve().parents[2]
ALONE = {
    "ray": "twin/engine/on_ray.py",
    "psycopg": "twin/store/postgres.py",
    "pyarrow": "twin/store/export.py",
    "sqlite3": "twin/store/sqlite.py",
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", ALONE)
def test_one_file_alone_imports_it(package: str) -> None:
    found = [path.relative_to(ROOT).as_posix() for path in (ROOT / "twin").rglob("*.py") if package in imported(path)]
    assert found == [ALONE[package]]


def test_the_product_imports_neither_scipy_nor_pandas() -> None:
    assert not [path for path in (ROOT / "twin").rglob("*.py") if {"scipy", "pandas"} & imported(path)]


def test_what_works_records_reads_no_clock() -> None:
    """`apply` and what it calls are given their time: a record that comes again then changes nothing."""
    for name in ("apply", "measure", "shard", "estimates", "split", "wear"):
        assert not {"time", "datetime", "random"} & imported(ROOT / "twin" / "engine" / f"{name}.py"), name


def test_an_extra_that_is_missing_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("ray", "psycopg", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "twin.engine.on_ray", raising=False)
    with pytest.raises(MissingError, match=r"needs Ray: pip install 'gridkeel\[cluster\]'"):
        importlib.import_module("twin.engine.on_ray")
    from twin.store.postgres import PostgresStore

    with pytest.raises(MissingError, match=r"needs psycopg: pip install 'gridkeel\[cluster\]'"):
        PostgresStore("postgresql://x", "a")
    with pytest.raises(MissingError, match=r"needs pyarrow: pip install 'gridkeel\[parquet\]'"):
        export.write(tmp_path / "h.parquet", [])


def test_a_twin_with_one_file_loads_no_extra() -> None:
    program = (
        "import sys, twin.service.service, twin.engine.inline, twin.store.opening, twin.service.regulating\n"
        "print(sorted({'ray', 'psycopg', 'pyarrow', 'matplotlib', 'scipy', 'highspy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"
