"""Files staged and put in place: power cut at every operation on the file system, and the same command once more."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from host_tools.cable.staging import SCRIPT, Plan, apply, digest
from host_tools.errors import ToolError
from host_tools.micropython.prompt import BoardError

OLD = Plan(
    "mark.json", {"a": b"old a", "b": b"old b" * 700}, {"pki": {"key": b"old key", "deep/x": b"old x"}}, {"n": 1}
)
NEW = Plan("mark.json", {"a": b"new a", "b": b"new b" * 700}, {"pki": {"key": b"new key", "leaf": b""}}, {"n": 2})


class PowerCutError(BaseException):
    pass


class Files:
    """A board's `os` over a folder of this machine; `left` changes until the power goes, None for no cut."""

    def __init__(self, folder: Path, left: int | None) -> None:
        self._folder = folder
        self.left = left

    def _path(self, name: str) -> str:
        return str(self._folder / name)

    def change(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise PowerCutError

    def ilistdir(self, name: str) -> list[tuple[str, int, int]]:
        return [
            (path.name, 0x4000 if path.is_dir() else 0x8000, 0) for path in sorted(Path(self._path(name)).iterdir())
        ]

    def stat(self, name: str) -> Any:
        return os.stat(self._path(name))

    def open(self, name: str, mode: str) -> Any:
        if "r" not in mode:
            self.change()
        return open(self._path(name), mode)

    def mkdir(self, name: str) -> None:
        self.change()
        os.mkdir(self._path(name))

    def remove(self, name: str) -> None:
        self.change()
        os.remove(self._path(name))

    def rmdir(self, name: str) -> None:
        self.change()
        os.rmdir(self._path(name))

    def rename(self, old: str, new: str) -> None:
        self.change()
        os.rename(self._path(old), self._path(new))


class Board:
    """The device-side script, run on a folder."""

    def __init__(self, folder: Path, left: int | None = None) -> None:
        self.files = Files(folder, left)
        self._names: dict[str, Any] = {"__name__": "guest"}
        exec(SCRIPT.read_text(), self._names)
        self._names.update(os=self.files, open=self.files.open)

    def call(self, name: str, *arguments: object, timeout_s: float = 0) -> dict[str, Any]:
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                self._names[name](*arguments)
        except OSError as error:
            raise BoardError(str(error)) from None
        return json.loads(said.getvalue())


def held(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def whole(plan: Plan) -> dict[str, bytes]:
    folders = {f"{name}/{path}": data for name, files in plan.folders.items() for path, data in files.items()}
    return {**plan.files, **folders, plan.marker: plan.mark}


@pytest.mark.parametrize("before", [None, OLD], ids=["empty", "provisioned"])
def test_a_power_cut_at_any_change_is_completed_by_once_more_even_if_that_is_cut_too(
    tmp_path: Path, before: Plan | None
) -> None:
    cuts = 0
    while True:
        folder = tmp_path / "flash"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if before:
            apply(Board(folder), before)
        first = held(folder)
        try:
            apply(Board(folder, cuts), NEW)
            break
        except PowerCutError:
            cuts += 1
        now = held(folder)
        settled = {name: data for name, data in now.items() if ".new" not in name}
        if before and NEW.marker in now and now[NEW.marker] == before.mark:
            assert settled == first, "the old marker stands over something else"
        assert now.get(NEW.marker) != NEW.mark or all(now[name] == data for name, data in whole(NEW).items())
        for again in (1, 3):
            with contextlib.suppress(PowerCutError):
                apply(Board(folder, again), NEW)
        apply(Board(folder), NEW)
        assert held(folder) == whole(NEW)
        assert apply(Board(folder), NEW) == []
    assert cuts >= 12
    assert held(folder) == whole(NEW)


def test_what_was_staged_before_a_cut_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "b.new").write_bytes(NEW.files["b"])
    sent: list[str] = []
    board = Board(tmp_path)

    class Counted:
        def call(self, name: str, *arguments: object, timeout_s: float = 0) -> dict[str, Any]:
            if name == "put":
                sent.append(str(arguments[0]))
            return board.call(name, *arguments)

    apply(Counted(), NEW)
    assert "b.new" not in sent and "a.new" in sent
    assert held(tmp_path) == whole(NEW)


def test_a_flash_that_reads_back_otherwise_than_written_is_said_and_nothing_is_put_in_place(tmp_path: Path) -> None:
    apply(Board(tmp_path), OLD)
    board = Board(tmp_path)

    class Bad:
        def call(self, name: str, *arguments: object, timeout_s: float = 0) -> dict[str, Any]:
            if name == "put" and arguments[0] == "b.new":
                (tmp_path / "b.new").write_bytes(b"rot")
                return {}
            return board.call(name, *arguments)

    with pytest.raises(ToolError, match=r"b.new was read back otherwise"):
        apply(Bad(), NEW)
    assert {name: data for name, data in held(tmp_path).items() if ".new" not in name} == whole(OLD)


def test_a_file_system_whose_rename_replaces_nothing_is_served_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rename(self: Files, old: str, new: str) -> None:
        if Path(self._path(new)).exists():
            raise OSError(17, "EEXIST")
        os.rename(self._path(old), self._path(new))

    monkeypatch.setattr(Files, "rename", rename)
    apply(Board(tmp_path), OLD)
    apply(Board(tmp_path), NEW)
    assert held(tmp_path) == whole(NEW)


def test_the_marker_says_which_files_and_their_hashes_and_no_content() -> None:
    said = json.loads(NEW.mark)
    assert said["sha256"]["pki/key"] == digest(b"new key") and said["n"] == 2
    assert b"new key" not in NEW.mark
