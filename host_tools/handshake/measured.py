"""Measured phases: the file of `gridkeel interop --json`, or plain rows of phase and ms."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from host_tools.errors import MissingError, ToolError
from host_tools.handshake import tables

_OF_CONTRACT = "payment_details"


def read(path: Path, mode: str) -> dict[str, float]:
    """Return the median ms of each phase of a mode; a phase that was not measured is not in it.

    The file: {"sessions": [...]} of `gridkeel interop --json`, or rows {"phase": name, "ms": number, "mode": name or
    left out}, alone or under "phases" or "rows".  Errors: MissingError, ToolError where nothing in it fits.
    """
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise ToolError(f"{path} is no JSON: {error}") from error
    try:
        rows = _rows(document, mode)
    except (KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"{path} has rows of another form: {type(error).__name__} {error}") from error
    found: dict[str, list[float]] = defaultdict(list)
    for phase, ms in rows:
        found[phase].append(float(ms))
    if not found:
        raise ToolError(f"{path} has nothing of mode {mode}")
    return {phase: median(values) for phase, values in found.items()}


def _rows(document: Any, mode: str) -> list[tuple[str, float]]:
    if isinstance(document, dict) and "sessions" in document:
        return _of_sessions(document["sessions"], mode)
    rows = document.get("phases") or document.get("rows") or [] if isinstance(document, dict) else document
    return [(row["phase"], row["ms"]) for row in rows if row.get("mode", mode) == mode]


def _of_sessions(sessions: list[dict[str, Any]], mode: str) -> list[tuple[str, float]]:
    phases = {phase.request: phase.name for phase in tables.MODES[mode] if not _is_beside(phase.name)}
    rows: list[tuple[str, float]] = []
    for session in sessions:
        if session["mode"] != mode or session["charger"] != "gridkeel" or not session["ok"]:
            continue
        rows.append(("sdp", session["sdp_ms"]))
        if tables.TLS in tables.MODES[mode]:
            rows.append(("tls", session["connect_ms"]))
        rows += _of_exchanges(session, phases)
    return rows


def _is_beside(name: str) -> bool:
    return name in tables.ALTERNATIVES


def _of_exchanges(session: dict[str, Any], phases: dict[str, str]) -> list[tuple[str, float]]:
    rows = []
    seen = set()
    for exchange in session["exchanges"]:
        name = phases.get(exchange["request"], "")
        if not name or name in seen:
            continue
        seen.add(name)  # of what comes several times, the first
        if name == _OF_CONTRACT and not session.get("first", session["run"] == 1):
            name = "payment_details_again"  # the board verified this chain in the first session
        rows.append((name, exchange["ms"]))
    return rows
