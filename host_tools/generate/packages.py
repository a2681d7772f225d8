"""Generated section of docs/architecture.md: the host's packages in their order, and what each imports."""

from __future__ import annotations

import ast
from pathlib import Path

from host_tools.generate.section import page

ROOT = Path(__file__).resolve().parents[2]
TOPS = ("host_tools", "hil", "certs", "twin", "studies", "command_line")
# Lowest first: each package imports those before it and itself, and none of those after it.
HOST_ORDER = (
    "host_tools.errors",
    "host_tools.commit",
    "host_tools.files",
    "host_tools.sqlite",
    "host_tools.screen",
    "host_tools.peer",
    "certs",
    "host_tools.image",
    "host_tools.micropython",
    "host_tools.rig_check",
    "host_tools.cable",
    "host_tools.link",
    "host_tools.update",
    "host_tools.contract",
    "host_tools.mqtt",
    "host_tools.backend",
    "host_tools.uplink",
    "host_tools.monitor",
    "host_tools.operator",
    "host_tools.handshake",
    "host_tools.generate",
    "twin.battery",
    "twin.estimate",
    "twin.fleet",
    "twin.intake",
    "twin.store",
    "twin.engine",
    "twin.orders",
    "twin.service",
    "hil.config",
    "hil.drivers",
    "hil.plants",
    "hil.virtual_board",
    "hil.report",
    "hil.scripted_vehicle",
    "hil.scenarios",
    "hil.rigs",
    "hil.chips",
    "hil.interop",
    "hil.bench",
    "hil.typetest",
    "studies",
    "command_line",
)


def files() -> dict[Path, str]:
    """Return {path: text} of the page."""
    lines = ["| package | imports, of host packages |", "|---|---|"]
    for package, others in graph().items():
        names = [f"`{name}`" for name in HOST_ORDER if name in others]
        lines.append(f"| `{package}` | {', '.join(names) or '-'} |")
    return page("architecture.md", "the imports", lines)


def graph() -> dict[str, set[str]]:
    """Return {package: host packages it imports} in HOST_ORDER."""
    found: dict[str, set[str]] = {name: set() for name in HOST_ORDER}
    for path in host_files():
        own = package_of_file(path)
        if own is not None:
            others = {package_of(name) for name in imports(path)}
            found[own] |= {name for name in others if name is not None and name != own}
    return found


def host_files() -> list[Path]:
    return sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Return every name that a file imports, with the module in front; inside functions too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def package_of_file(path: Path) -> str | None:
    """Return the package of a file, None for the empty `__init__` of host_tools, hil and twin."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return (
        None
        if parts in (("host_tools", "__init__"), ("hil", "__init__"), ("twin", "__init__"))
        else package_of(".".join(parts))
    )


def package_of(name: str) -> str | None:
    """Return the package that a dotted name belongs to, None where that is no host code."""
    top, _, rest = name.partition(".")
    if top not in TOPS:
        return None
    return top if top in HOST_ORDER else f"{top}.{rest.partition('.')[0]}"
