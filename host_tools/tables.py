"""docs made from the firmware's own tables, `python -m host_tools.tables --write`.

parameters.md and faults.md whole, grid-services.md, crypto.md and iso15118.md in part.
"""

from __future__ import annotations

import sys
from pathlib import Path

from gridkeel import errors_text, params_text
from gridkeel.crypto import refusals
from host_tools import grid_services, iso15118_tables

DOCS = Path(__file__).resolve().parents[1] / "docs"
REFUSALS = "<!-- begin: made by `python -m host_tools.tables --write` from gridkeel.crypto.refusals -->"
NOTE = "Made from {source} by `make docs`; do not edit."


def parameters_page() -> str:
    lines = [
        "# Parameters",
        "",
        NOTE.format(source="`firmware/gridkeel/params.py` and `params_text.py`"),
        "",
        "All values are integers. Set them in a TOML file under `[parameters]` (`--config`), with",
        "`--param name=value`, or over MQTT. What shapes the sampling (`nominal_hz`, `nominal_v`, `sample_hz`,",
        "`block_ms`, `adc_uv`) takes effect at the next start, `modbus_*` at the next discovery, the rest at once.",
        "",
        "| id | name | unit | default | limits | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for number, (name, unit, default, low, high, meaning) in enumerate(params_text.rows()):
        lines.append(f"| {number} | `{name}` | {unit} | {default} | {low}..{high} | {meaning} |")
    return "\n".join(lines) + "\n"


def faults_page() -> str:
    lines = [
        "# Faults",
        "",
        NOTE.format(source="`firmware/gridkeel/errors_text.py`"),
        "",
        "*info* is told, *warning* limits what the controller does, *safe* drives the power to zero until it clears.",
        "",
        "| code | name | severity | meaning |",
        "|---|---|---|---|",
    ]
    lines += [f"| {code} | `{name}` | {severity} | {text} |" for code, name, severity, text in errors_text.CATALOGUE]
    return "\n".join(lines) + "\n"


def grid_services_page() -> str:
    return grid_services.with_tables((DOCS / "grid-services.md").read_text())


def iso15118_page() -> str:
    return iso15118_tables.with_tables((DOCS / "iso15118.md").read_text())


def crypto_page() -> str:
    before, begin, rest = (DOCS / "crypto.md").read_text().partition(REFUSALS)
    _old, end, after = rest.partition("<!-- end -->")
    if not begin or not end:
        raise ValueError("docs/crypto.md lacks the markers of its made part")
    lines = ["", "", "| code | name | meaning |", "|---|---|---|"]
    lines += [f"| {code} | `{name}` | {text} |" for code, name, text in refusals.CATALOGUE]
    return before + begin + "\n".join(lines) + "\n\n" + end + after


PAGES = {
    "parameters.md": parameters_page,
    "faults.md": faults_page,
    "grid-services.md": grid_services_page,
    "iso15118.md": iso15118_page,
    "crypto.md": crypto_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or tell which are out of date."""
    if arguments not in (["--write"], ["--check"]):
        print("usage: python -m host_tools.tables --write | --check", file=sys.stderr)
        return 2
    stale = 0
    for name, make in PAGES.items():
        path = DOCS / name
        if arguments == ["--write"]:
            path.write_text(make())
        elif not path.exists() or path.read_text() != make():
            print(f"docs/{name} is out of date: make docs", file=sys.stderr)
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
