"""Git commit of a folder in a checkout, and the version texts that name it: "0.2.0+3f2a9c1d0e"."""

from __future__ import annotations

import functools
import subprocess
from pathlib import Path

from gridkeel import VERSION

UNKNOWN = "unknown"
_ROOT = Path(__file__).resolve().parents[1]
_DIGITS = 10
_TIMEOUT_S = 10
# A checkout of another user is read, and none of its programs is run.
_GIT = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false")


@functools.cache
def commit_of(folder: Path) -> str:
    """Return the last commit that changed the folder, with ".modified" where its files differ from it.

    "unknown" outside a checkout, and where git is not there.
    """
    try:
        commit = _git(folder, "log", "-1", "--format=%H", "--", ".")[:_DIGITS]
        if not commit:
            return UNKNOWN
        return f"{commit}.modified" if _git(folder, "status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN


def host_version() -> str:
    """Return version and commit of the host tools."""
    return f"{VERSION}+{commit_of(_ROOT)}"


def firmware_version(folder: Path) -> str:
    """Return version and commit of the firmware in a folder, as a controller reports them."""
    return f"{VERSION}+{commit_of(folder)}"


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run((*_GIT, *words), cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    return done.stdout.strip()
