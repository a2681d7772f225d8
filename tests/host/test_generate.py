"""Generated files: current as committed; a change, a loss and a leftover are found, named and mended."""

from __future__ import annotations

from pathlib import Path

import pytest

from host_tools.generate import __main__ as generate
from host_tools.generate import curve_table, schema_files, section, sensing_weights


def test_the_committed_files_are_current() -> None:
    assert generate.stale(generate.wanted()) == []


def test_a_changed_a_missing_and_a_left_over_file_are_found_and_mended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(schema_files, "FOLDER", tmp_path)
    files = {tmp_path / name: name for name in ("same.json", "changed.json", "missing.json")}
    for name, text in (("same.json", "same.json"), ("changed.json", "other"), ("left_over.json", "")):
        (tmp_path / name).write_text(text)
    found = generate.stale(files)
    assert [path.name for path in found] == ["changed.json", "left_over.json", "missing.json"]
    generate.write(found, files)
    assert generate.stale(files) == []
    assert not (tmp_path / "left_over.json").exists()


def test_check_names_what_is_out_of_date_and_write_mends_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "base_table.py"
    table.write_text("TABLE = ()")
    monkeypatch.setattr(curve_table, "PATH", table)
    monkeypatch.setattr(schema_files, "FOLDER", tmp_path / "none")
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "MAKERS", (curve_table,))
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr()
    assert "out of date: base_table.py" in said.out
    assert "make generate" in said.err
    assert generate.main(["--write"]) == generate.main(["--check"]) == 0


def test_weights_of_another_machine_s_rounding_are_left_alone_and_worse_ones_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    committed = (sensing_weights.SENSING / "weights.py").read_text()
    monkeypatch.setattr(sensing_weights, "SENSING", tmp_path)
    monkeypatch.setattr(sensing_weights, "FILES", {"weights.py": sensing_weights.WINDOWS})
    first = sensing_weights.numbers(committed)[0]
    for off, is_kept in ((sensing_weights.SLACK, True), (sensing_weights.SLACK + 10, False)):
        text = committed.replace(str(first), str(first + off), 1)
        (tmp_path / "weights.py").write_text(text)
        assert (sensing_weights.files()[tmp_path / "weights.py"] == text) is is_kept


def test_a_page_without_its_markers_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("no markers")
    monkeypatch.setattr(section, "DOCS", tmp_path)
    with pytest.raises(ValueError, match="docs/page.md lacks the markers"):
        section.page("page.md", "a table", [])
