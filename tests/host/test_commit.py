"""Version and commit: stated in one place each, and reported by the command line, the flash and the link."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from cli_run import run

from gridkeel import COMMIT, VERSION
from gridkeel.link.device import DeviceLink
from hil.virtual_board.flash import make_flash
from host_tools.commit import UNKNOWN, commit_of, host_version
from host_tools.errors import MissingError
from host_tools.image import stamp
from host_tools.link.host import HostLink

ROOT = Path(__file__).resolve().parents[2]


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    return subprocess.run(("git", *who, *words), cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    firmware = tmp_path / "firmware"
    (firmware / "gridkeel").mkdir(parents=True)
    (firmware / "gridkeel" / "__init__.py").write_text((ROOT / "firmware" / "gridkeel" / "__init__.py").read_text())
    for name in stamp.SCRIPTS:
        (firmware / name).write_text("pass\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def flashed_commit(folder: Path) -> str:
    found: dict[str, str] = {}
    exec((folder / "gridkeel" / "__init__.py").read_text(), found)
    return found["COMMIT"]


def test_the_version_is_stated_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"] and project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "gridkeel.VERSION"}
    assert COMMIT == UNKNOWN, "a commit belongs into what is flashed, not into the source"
    assert run("--version").stdout.strip() == f"gridkeel {host_version()}"


def test_a_flash_names_the_last_commit_that_changed_the_firmware(checkout: Path, tmp_path: Path) -> None:
    firmware = checkout / "firmware"
    first = git(checkout, "rev-parse", "HEAD")[:10]
    (checkout / "README").write_text("not firmware\n")
    git(checkout, "add", ".")
    git(checkout, "commit", "-qm", "two")
    assert flashed_commit(make_flash(tmp_path / "flash", firmware=firmware)) == first
    (firmware / "gridkeel" / "more.py").write_text("pass\n")
    commit_of.cache_clear()
    make_flash(tmp_path / "flash", firmware=firmware, reflash=True)
    assert flashed_commit(tmp_path / "flash") == f"{first}.modified"


def test_outside_a_checkout_the_commit_is_unknown(checkout: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(checkout / "firmware", elsewhere / "firmware")
    assert commit_of(elsewhere / "firmware") == UNKNOWN, "in a checkout, and not of it"
    shutil.rmtree(checkout / ".git")
    commit_of.cache_clear()
    assert flashed_commit(make_flash(tmp_path / "flash", firmware=checkout / "firmware")) == UNKNOWN


def test_the_folder_to_flash_is_made_by_the_module(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stamp.main([]) == 2
    assert stamp.main([str(tmp_path / "flash")]) == 0
    assert flashed_commit(tmp_path / "flash") == commit_of(stamp.FIRMWARE)
    assert commit_of(stamp.FIRMWARE) in capsys.readouterr().out
    with pytest.raises(MissingError, match="run from a checkout"):
        stamp.copy_program(tmp_path, tmp_path / "other")


def test_the_link_reports_version_and_commit() -> None:
    device = DeviceLink(b"gk-1", 7)
    out = bytearray(256)
    sent = device.data_to_send(out, 0)
    host = HostLink()
    host.receive(bytes(out[:sent]), 0.0)
    assert host.hello is not None and host.hello.firmware == f"{VERSION}+{COMMIT}"
