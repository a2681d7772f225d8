"""docs/link-protocol.md says what the code does: its tables of messages, types, layouts and bounds."""

from __future__ import annotations

import re

import pytest

from gridkeel.link import frames
from host_tools.link import doc

TEXT = doc.PATH.read_text()
TYPES = {"u8": "B", "u16": "H", "u32": "I"}


def test_the_made_part_is_up_to_date() -> None:
    assert doc.main(["--check"]) == 0


def test_check_notices_a_change(monkeypatch: pytest.MonkeyPatch, tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "link-protocol.md"
    copy.write_text(TEXT.replace("`freq_uhz` | i32", "`freq_uhz` | u32"))
    monkeypatch.setattr(doc, "PATH", copy)
    assert doc.main(["--check"]) == 1
    assert "--write" in capsys.readouterr().err
    assert doc.main(["--write"]) == doc.main(["--check"]) == 0
    assert copy.read_text() == TEXT
    assert doc.main([]) == 2


def test_the_bounds_are_those_of_the_code() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", TEXT, re.MULTILINE))
    assert len(rows) == 21
    for name, value in rows.items():
        assert getattr(frames, name) == int(value), name


def test_types_and_layouts_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| 0x(\d\d) \| ([A-Z_]+) \| \w+ \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(rows) == 14
    for number, name, layout in rows:
        assert getattr(frames, name) == int(number, 16)
        code = "<B" + "".join(TYPES[word] for word in re.findall(r"\bu\d+\b", layout.split(", id length")[0]))
        assert code in (getattr(frames, f"{name}_HEAD", None), getattr(frames, f"{name}_LAYOUT", None)), name
