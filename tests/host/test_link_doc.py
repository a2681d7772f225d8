"""docs/link-protocol.md says what the code does: its tables of messages, types, layouts and bounds."""

from __future__ import annotations

import re

from gridkeel.link import frames
from host_tools.generate.section import DOCS

TEXT = (DOCS / "link-protocol.md").read_text()
TYPES = {"u8": "B", "u16": "H", "u32": "I"}


def test_the_bounds_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", TEXT, re.MULTILINE))
    assert len(rows) == 24
    for name, value in rows.items():
        assert getattr(frames, name) == int(value), name


def test_types_and_layouts_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| 0x([0-9A-F]{2}) \| ([A-Z_]+) \| \w+ \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 17
    for number, name, layout in rows:
        assert getattr(frames, name) == int(number, 16)
        code = "<B" + "".join(TYPES[word] for word in re.findall(r"\bu\d+\b", layout.split(", id length")[0]))
        assert code in (getattr(frames, f"{name}_HEAD", None), getattr(frames, f"{name}_LAYOUT", None)), name
