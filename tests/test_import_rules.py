"""The import rules of docs/architecture.md, held against the imports of every file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from host_tools.generate import packages
from host_tools.generate.packages import HOST_ORDER
from host_tools.image.package import HOST_ONLY, is_host_only

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "firmware" / "gridkeel"
WAITING_PACKAGES = ("runtime", "boards")
# micropython and math do not wait; uctypes, gc and the rest belong to the packages that do.
PURE_IMPORTS = {"gridkeel", "array", "binascii", "collections", "hashlib", "math", "micropython", "struct"}
# The one look at the processor: which kernels its arithmetic has.
PURE_EXCEPTION = ("firmware/gridkeel/crypto/field.py", "sys")
# What host code may know of the firmware: tables and protocols, never what runs on the board.
HOST_MAY_IMPORT = (
    "gridkeel.boards.tables",
    "gridkeel.clock",
    "gridkeel.crypto",
    "gridkeel.errors",
    "gridkeel.errors_text",
    "gridkeel.evse",
    "gridkeel.inverter",
    "gridkeel.limits",
    "gridkeel.link",
    "gridkeel.params",
    "gridkeel.params_text",
    "gridkeel.sensing",
    "gridkeel.services",
    "gridkeel.envelope",
    "gridkeel.store",
    "gridkeel.ticks",
    "gridkeel.update",
    "gridkeel.v2g",
)

imports = cache(packages.imports)


def firmware_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(files: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield (file, name it imports), each from the root of the checkout."""
    for path in files:
        for name in imports(path):
            yield path.relative_to(ROOT).as_posix(), name


def test_firmware_knows_nothing_of_the_host() -> None:
    host = ("host_tools", "hil", "certs", "twin", "studies", "command_line", "firmware", "tests")
    assert not [found for found in imported(firmware_files()) if found[1].split(".")[0] in host]


def pure_files() -> list[Path]:
    return [path for path in firmware_files() if path.relative_to(PACKAGE).parts[0] not in WAITING_PACKAGES]


def test_pure_packages_import_pure_ones_alone() -> None:
    assert not [
        (file, name)
        for file, name in imported(pure_files())
        if (name.split(".")[0] not in PURE_IMPORTS or name.startswith(("gridkeel.runtime", "gridkeel.boards")))
        and (file, name) != PURE_EXCEPTION
    ]


def test_pure_packages_open_no_file_and_wait_for_nothing() -> None:
    for path in pure_files():
        for node in ast.walk(ast.parse(path.read_text())):
            assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id != "open", path


def test_what_the_image_leaves_out_is_imported_by_hosts_alone() -> None:
    names = [path.relative_to(PACKAGE).as_posix() for path in firmware_files()]
    left_out = {"gridkeel." + name.removesuffix(".py").replace("/", ".") for name in names if is_host_only(name)}
    assert len(left_out) > len(HOST_ONLY)
    for path, name in zip(firmware_files(), names, strict=True):
        if not is_host_only(name):
            assert not left_out & imports(path), path
    assert set(HOST_ONLY) <= set(names)


def test_boards_alone_open_ports() -> None:
    for path in firmware_files():
        if path.relative_to(PACKAGE).parts[0] != "boards":
            hardware = {"machine", "socket", "select", "os", "uctypes", "network"} & {
                name.split(".")[0] for name in imports(path)
            }
            assert not hardware, (path, hardware)


def test_platform_is_asked_in_one_place() -> None:
    asking = [path.name for path in firmware_files() if "sys.platform" in path.read_text()]
    assert asking == ["__init__.py"]
    assert "sys.platform" in (PACKAGE / "boards" / "__init__.py").read_text()


def host_files() -> list[Path]:
    return sorted(path for path in packages.host_files() if not is_guest(path.stem))


def is_guest(name: str) -> bool:
    """A guest is handed to the board's interpreter as a script, wherever it lies, and may know all of the firmware."""
    return name == "guest" or name.endswith("_guest")


def test_guests_are_run_and_never_imported() -> None:
    assert not [found for found in imported(host_files()) if any(is_guest(part) for part in found[1].split("."))]


def test_host_imports_only_tables_and_protocols_of_the_firmware() -> None:
    for file, name in imported(host_files()):
        if name.split(".")[0] == "gridkeel":
            within = any(name == allowed or name.startswith(allowed + ".") for allowed in HOST_MAY_IMPORT)
            assert within or name in ("gridkeel.VERSION", "gridkeel.COMMIT"), f"{file} imports {name}"


def test_no_host_code_reaches_into_tests() -> None:
    assert not [found for found in imported(host_files()) if found[1].split(".")[0] == "tests"]


def test_no_import_of_a_host_package_runs_upwards() -> None:
    for path in host_files():
        own = packages.package_of_file(path)
        if own is None:
            continue
        assert own in HOST_ORDER, f"add {own} to HOST_ORDER"
        for name in imports(path):
            other = packages.package_of(name)
            assert other is None or HOST_ORDER.index(other) <= HOST_ORDER.index(own), f"{path} imports {name}"


@pytest.mark.parametrize(("own", "other"), [("bench", "interop"), ("interop", "bench")])
def test_bench_and_interop_import_nothing_of_each_other(own: str, other: str) -> None:
    for path in (ROOT / "hil" / own).rglob("*.py"):
        assert not any(name.startswith(f"hil.{other}.") or name == f"hil.{other}" for name in imports(path)), path


def test_each_host_package_is_there() -> None:
    for name in HOST_ORDER:
        path = ROOT / Path(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), name


def test_no_test_file_imports_another() -> None:
    """What two of them need lies in a helper module: a test file can be read, moved and dropped by itself."""
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert not [
        found for found in imported(files) if any(part.startswith("test_") for part in found[1].split(".")[:-1])
    ]
