"""docs/parameters.md and docs/faults.md, and the section of refusals in docs/crypto.md."""

from __future__ import annotations

from pathlib import Path

from gridkeel import errors_text, params_text
from gridkeel.crypto import refusals_text
from host_tools.generate.section import DOCS, page

NOTE = "Made from {source} by `make generate`; do not edit."


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
        "*info* is reported only, *warning* limits the controller, *safe* brings the power to zero until it ends.",
        "",
        "| code | name | severity | meaning |",
        "|---|---|---|---|",
    ]
    lines += [f"| {code} | `{name}` | {severity} | {text} |" for code, name, severity, text in errors_text.CATALOGUE]
    return "\n".join(lines) + "\n"


def refusals_section() -> list[str]:
    lines = ["| code | name | meaning |", "|---|---|---|"]
    return lines + [f"| {code} | `{name}` | {text} |" for code, name, text in refusals_text.CATALOGUE]


def files() -> dict[Path, str]:
    """Return {path: text} of the pages."""
    return {
        DOCS / "parameters.md": parameters_page(),
        DOCS / "faults.md": faults_page(),
        **page("crypto.md", "gridkeel.crypto.refusals_text", refusals_section()),
    }
