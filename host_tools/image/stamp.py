"""Puts the commit of the firmware into a copy of it; `python -m host_tools.image.stamp FOLDER` makes one to flash."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from host_tools.commit import UNKNOWN, commit_of
from host_tools.errors import MissingError, ToolError
from host_tools.image.fixed import write_fixed

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
PACKAGE = "gridkeel"
SCRIPTS = ("boot.py", "main.py")
_LINE = 'COMMIT = "{}"'


def copy_program(firmware: Path, folder: Path) -> None:
    """Copy what is flashed into `folder`, in place of an older program; the copy names the firmware's commit.

    Errors: MissingError where the firmware is not there.
    """
    for name in (*SCRIPTS, PACKAGE):
        if not (firmware / name).exists():
            raise MissingError(f"{firmware / name} is not there: run from a checkout, or name the firmware directory")
    for name in SCRIPTS:
        shutil.copyfile(firmware / name, folder / name)
    write_fixed(firmware, folder)
    package = folder / PACKAGE
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(firmware / PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    path = package / "__init__.py"
    if path.exists():
        path.write_text(stamped(path.read_text(encoding="utf-8"), commit_of(firmware.resolve())), encoding="utf-8")


def stamped(text: str, commit: str) -> str:
    """Return the text of the package's own file with the commit in it."""
    return text.replace(_LINE.format(UNKNOWN), _LINE.format(commit))


def main(arguments: list[str]) -> int:
    """Make the folder; return the exit code."""
    if len(arguments) != 1:
        print("give the folder to put boot.py, main.py and the package into", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    try:
        copy_program(FIRMWARE, folder)
    except ToolError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"{folder}: firmware of commit {commit_of(FIRMWARE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
