"""Which files of the package are in an image: what the device imports, and of boards and processors only its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from host_tools.errors import ToolError
from host_tools.image.chips import FAMILIES, Chip
from host_tools.image.processors import runs_on

PACKAGE = "gridkeel"
BOARDS = f"{PACKAGE}.boards"
TABLES = "boards/tables"
# What a host alone imports from the package: texts, and the message table in words.
HOST_ONLY = (
    "crypto/refusals_text.py",
    "errors_text.py",
    "params_text.py",
    "services/fast_reserve_text.py",
    "update/refusals_text.py",
    "link/messages.py",
    "link/table.py",
    "v2g/journal_text.py",
    "v2g/iso2/response_codes.py",
    "v2g/iso2/states_text.py",
)
# Names that docs/porting.md promises to board files: an image has them, also for a file that is loaded beside it.
PROMISED = {
    "gridkeel": ("VERSION", "COMMIT", "BOARD", "TYPE_CHECKING"),
    "gridkeel.ticks": ("MASK",),
    "gridkeel.params": ("OUT_OF_LIMITS", "AT_ODDS"),
    "gridkeel.evse": ("FIXED", "BASIC", "ISO15118", "AC", "DC"),
    "gridkeel.evse.ports": (
        *("HIGH_MV", "LOW_MV", "CLOSED", "RCD", "DC_MV", "DC_MA", "ISOLATION_KOHM", "LEVELS"),
        *("DUTY_PERMILLE", "DC_MODE", "SET_MV", "SET_MA", "ORDERS"),
        *("PILOT_OFF", "DC_OFF", "DC_CHECK", "DC_PRECHARGE", "DC_SUPPLY"),
    ),
}
_GRID_CODES = "services/grid_codes"
_OF_THE_DEVICE = ("__init__.py", "in_force.py", "packed.py")  # of grid codes: the figures themselves are packed


def is_host_only(name: str) -> bool:
    """Return whether a file of the package, by its path in it, is imported by hosts alone."""
    folder, _, file = name.rpartition("/")
    return name in HOST_ONLY or (folder == _GRID_CODES and file not in _OF_THE_DEVICE)


def module_of(path: Path) -> str:
    """Return the module of a file, by its path from the source root."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(
    folder: Path, chip: Chip, table: str = "", users: Iterable[Path] = (), *, keep_names: bool = False
) -> list[Path]:
    """Return the files of the package in `folder` that an image for a chip holds.

    table: name of the board's table, of which no other is in it.  users: files that are none of the package, and may
    import of any board's.  keep_names: what a host alone needs is in it too.
    Errors: ToolError where there is no package.
    """
    package = folder / PACKAGE
    found = sorted(package.rglob("*.py"))
    if not found:
        raise ToolError(f"{folder} holds no package {PACKAGE}: nothing to make a ROM image of")
    names = {path: path.relative_to(package).as_posix() for path in found}
    foreign = _of_other_boards(folder, found, chip.family, users)
    return [
        path
        for path, name in names.items()
        if path not in foreign
        and runs_on(name, chip.march)
        and (keep_names or not is_host_only(name))
        and (not name.startswith(f"{TABLES}/") or name in (f"{TABLES}/__init__.py", f"{TABLES}/{table}.py"))
    ]


def beside(folder: Path) -> list[Path]:
    """Return the scripts beside the package: boot.py, main.py, and what else a flash holds."""
    return sorted(folder.glob("*.py"))


def _of_other_boards(folder: Path, found: Iterable[Path], family: str, users: Iterable[Path]) -> set[Path]:
    """Return the files that only boards of other families import, those boards' own among them."""
    modules = {module_of(path.relative_to(folder)): path for path in found}
    heads = {f"{BOARDS}.{name}" for name in FAMILIES if f"{BOARDS}.{name}" in modules}
    own = f"{BOARDS}.{family}"
    if not heads - {own}:
        return set()
    imports = {name: _imports(path) & modules.keys() for name, path in modules.items()}
    common = {name for name in modules if name != BOARDS and not name.startswith(f"{BOARDS}.")}
    asked = {name for path in users for name in _imports(path) & modules.keys()}
    mine = _reached(common | asked | ({own} & heads), imports)
    others = _reached(heads - {own}, imports)
    return {modules[name] for name in others - mine if name.startswith(f"{BOARDS}.")}


def _reached(start: Iterable[str], imports: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in reached and name != BOARDS:  # which names every family, since it chooses one
            reached.add(name)
            waiting += imports[name]
    return reached


def _imports(path: Path) -> set[str]:
    """Return each module that a file may import, wherever in it; of a file that names no board, none."""
    text = path.read_text(encoding="utf-8")
    if "boards" not in text:
        return set()  # what matters here is who reaches the boards
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return set()  # the compiler says so, with the file's name
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found
