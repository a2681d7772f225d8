"""The walls of docs/architecture.md, read from the imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "firmware" / "gridkeel"
WAITING_ROOMS = ("runtime", "boards")
# micropython and math do not wait; uctypes, gc and the rest belong to the rooms that do.
PURE_IMPORTS = {"gridkeel", "array", "binascii", "collections", "hashlib", "math", "micropython", "struct"}
# What host code may know of the firmware: tables and protocols, never what runs on the board.
HOST_MAY_IMPORT = (
    "gridkeel",
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
    "gridkeel.ticks",
    "gridkeel.v2g",
)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def firmware_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", firmware_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_firmware_knows_nothing_of_the_host(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] not in ("host_tools", "hil", "certs", "firmware"), name


@pytest.mark.parametrize(
    "path",
    [path for path in firmware_files() if path.relative_to(PACKAGE).parts[0] not in WAITING_ROOMS],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_pure_rooms_are_pure(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] in PURE_IMPORTS, name
        assert not name.startswith(("gridkeel.runtime", "gridkeel.boards")), name
    calls = [
        n.func.id
        for n in ast.walk(ast.parse(path.read_text()))
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    ]
    assert "open" not in calls
    assert not any(isinstance(n, ast.AsyncFunctionDef | ast.Await) for n in ast.walk(ast.parse(path.read_text())))


def test_what_tables_mean_stays_off_the_device() -> None:
    for path in firmware_files():
        if path.relative_to(PACKAGE) not in (Path("link/table.py"), Path("link/messages.py")):
            assert not {"gridkeel.params_text", "gridkeel.errors_text", "gridkeel.link.messages"} & imports(path), path


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


# Host packages, lowest first: each imports those before it and itself, and none of those after it.
HOST_ORDER = (
    "host_tools.errors",
    "host_tools.files",
    "host_tools.screen",
    "host_tools.peer",
    "certs",
    "host_tools.image",
    "host_tools.micropython",
    "host_tools.link",
    "host_tools.contract",
    "host_tools.mqtt",
    "host_tools.backend",
    "host_tools.uplink",
    "host_tools.monitor",
    "host_tools.operator",
    "host_tools.handshake",
    "host_tools.generate",
    "hil.config",
    "hil.drivers",
    "hil.plants",
    "hil.virtual_board",
    "hil.report",
    "hil.scripted_vehicle",
    "hil.bench",
    "hil.interop",
    "hil.typetest",
    "studies",
    "command_line",
)


def host_package(module: str) -> str | None:
    """Return the entry of HOST_ORDER that a module belongs to, None for a module that is not host code."""
    top, _, rest = module.partition(".")
    if top not in ("host_tools", "hil", "certs", "studies", "command_line"):
        return None
    return top if top in HOST_ORDER else f"{top}.{rest.partition('.')[0]}"


def host_files() -> list[Path]:
    tops = ("host_tools", "hil", "certs", "studies", "command_line")
    found = (path for top in tops for path in (ROOT / top).rglob("*.py"))
    return sorted(path for path in found if not is_guest(path.stem))


def is_guest(name: str) -> bool:
    """A guest is handed to the board's interpreter as a script, wherever it lies, and may know all of the firmware."""
    return name == "guest" or name.endswith("_guest")


@pytest.mark.parametrize("path", host_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_guests_are_run_and_never_imported(path: Path) -> None:
    assert not any(is_guest(part) for name in imports(path) for part in name.split("."))


@pytest.mark.parametrize("path", host_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_host_imports_only_tables_and_protocols(path: Path) -> None:
    for name in imports(path):
        if name.split(".")[0] == "gridkeel":
            assert any(name == allowed or name.startswith(allowed + ".") for allowed in HOST_MAY_IMPORT[1:]) or (
                name
                in ("gridkeel.VERSION", *(f"gridkeel.{room}" for room in ("params", "errors", "limits", "inverter")))
            ), name
        assert not name.startswith(("gridkeel.runtime", "gridkeel.boards")), name


@pytest.mark.parametrize("path", host_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_host_code_reaches_into_tests(path: Path) -> None:
    assert not any(name.split(".")[0] == "tests" for name in imports(path))


@pytest.mark.parametrize("path", host_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_of_a_host_package_runs_upwards(path: Path) -> None:
    own = host_package(".".join(path.relative_to(ROOT).with_suffix("").parts))
    if own in ("host_tools.__init__", "hil.__init__"):
        return
    assert own in HOST_ORDER, f"add {own} to HOST_ORDER"
    for name in imports(path):
        other = host_package(name)
        assert other is None or HOST_ORDER.index(other) <= HOST_ORDER.index(own), f"{own} imports {name}"


def test_each_host_package_is_there() -> None:
    for name in HOST_ORDER:
        path = ROOT / Path(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), name
