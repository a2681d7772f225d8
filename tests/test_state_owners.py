"""State has one owner: no firmware code assigns an attribute of another object."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "firmware" / "gridkeel"

# (files, object): why its attributes are assigned from outside. An object is written as it stands before the dot.
ALLOWED = {
    ("boards/area.py", "_Chosen"): "its own file's notes of the start, before anything is imported",
    ("boards/lockstep.py", "asyncio.core"): "virtual time: the interpreter's own clock is replaced, as nobody else can",
    ("boards/lockstep.py", "asyncio.core._io_queue"): "and its idle wait",
    (
        "boards/tls_connection.py",
        "self.context",
    ): "ssl.SSLContext: an attribute is how it is told to ask for a certificate",
    ("inverter/", "ratings"): "interface.Ratings: a record that the driver hands to its device to be filled",
    ("inverter/", "readings"): "interface.Readings: as the ratings",
    (
        "v2g/iso2/",
        "context",
    ): "facts of a session; the phases that write them are functions and keep nothing themselves",
    ("v2g/iso2/session.py", "self.context"): "as its phases",
    (
        "update/",
        "record",
    ): "selector.Record: what a state record on the flash says; its file is fixed for good, and small",
}


def outside_writes(source: str) -> Iterator[tuple[int, str]]:
    """Yield (line, object) of each assignment to, and deletion of, an attribute of an object other than self."""
    for node in ast.walk(ast.parse(source)):
        changed = None
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
            changed = ast.unparse(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("setattr", "delattr"):
            changed = ast.unparse(node.args[0])
        if changed not in (None, "self"):
            yield getattr(node, "lineno", 0), changed


def firmware_writes() -> Iterator[tuple[str, int, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for line, target in outside_writes(path.read_text()):
            yield path.relative_to(PACKAGE).as_posix(), line, target


def allowance(file: str, target: str) -> tuple[str, str] | None:
    return next((key for key in ALLOWED if file.startswith(key[0]) and target == key[1]), None)


def test_no_object_s_state_is_assigned_from_outside() -> None:
    strange = [f"{file}:{line}: {target}" for file, line, target in firmware_writes() if not allowance(file, target)]
    assert not strange, "give the object a method that says what happens"


def test_every_allowance_is_used() -> None:
    assert {allowance(file, target) for file, _line, target in firmware_writes()} == set(ALLOWED)


def test_every_kind_of_assignment_is_seen() -> None:
    for source in (
        "other.latch = False",
        "self.other.latch = False",
        "a = other.latch = 0",
        "a, other.latch = other.latch, 0",
        "other.count += 1",
        "other.latch: int = 0",
        "del other.latch",
        "others[0].latch = 0",
        "other().latch = 0",
        "for other.latch in (): pass",
        "with a as other.latch: pass",
        "setattr(other, name, 0)",
    ):
        assert list(outside_writes(source)), source
    assert not list(outside_writes("self.latch, a = other.latch, 1\nsetattr(self, name, 0)\nother.end(1)"))
