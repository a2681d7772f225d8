"""The ISO 15118 peer: where its environment is; it lives apart, since it needs older libraries than gridkeel."""

from __future__ import annotations

import sys
from pathlib import Path

from host_tools.errors import MissingError

_ENVIRONMENT = "peer"


def python() -> Path:
    """Return the interpreter that has the package `iso15118`.  Errors: MissingError where it was not set up."""
    path = Path(sys.prefix) / _ENVIRONMENT / "bin" / "python"
    if not path.exists():
        raise MissingError(f"the ISO 15118 peer is not installed (looked for {path}): run `make setup`")
    return path


def package() -> Path:
    """Return the folder of the installed package `iso15118`, with shared/schemas and shared/EXICodec.jar in it.

    Errors: MissingError where it was not set up.
    """
    found = sorted((python().parents[1] / "lib").glob("python3*/site-packages/iso15118"))
    if not found:
        raise MissingError(f"no package iso15118 beside {python()}: run `make setup`")
    return found[0]
