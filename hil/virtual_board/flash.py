"""The board's flash: a directory with the very files that are flashed, its parameters and its identity."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from gridkeel.errors import ParameterError
from gridkeel.link import ids
from gridkeel.params import CONFIG_BYTES, Parameters, parse
from host_tools.errors import MissingError
from host_tools.image.stamp import FIRMWARE, copy_program

CONFIG = "config.json"
GOOD = "config.good.json"
IDENTITY = "device_id"
PKI = "pki"
PKI_KEY = "secc_key.der"
_IDENTITY_BYTES = 256
DEVICE_ID_RULE = f"use 1..{ids.DEVICE_ID_MAX} letters, digits, '.', '_' or '-'"


def make_flash(
    directory: Path,
    parameters: Mapping[str, int] | None = None,
    device_id: str | None = None,
    *,
    firmware: Path = FIRMWARE,
    reflash: bool = False,
) -> Path:
    """Make `directory` a board's flash and return it.

    A directory that holds a main.py already is a flashed board: it keeps its program, its config.json and whatever
    else it stored. `reflash` puts the program there anew; parameters and device_id, where given, replace the old.
    Errors: MissingError where the firmware is not there.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    if reflash or not (directory / "main.py").exists():
        copy_program(firmware, directory)
    if parameters is not None or not has_config(directory):
        _write_whole(directory / CONFIG, json.dumps(dict(parameters or {}), indent=1) + "\n")
    if device_id is not None:
        _write_whole(directory / IDENTITY, device_id + "\n")
    return directory


def put_pki(directory: Path, pki: Path) -> None:
    """Replace a flash's keys and certificates by those of `pki`, a folder of `gridkeel pki export --device`.

    Errors: MissingError where it holds no key.
    """
    if not (pki / PKI_KEY).exists():
        raise MissingError(f"{pki} holds no {PKI_KEY}: make it with `gridkeel pki export --device {pki}`")
    target = directory / PKI
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700)
    for path in sorted(pki.glob("*.der")):
        shutil.copyfile(path, target / path.name)
        (target / path.name).chmod(0o600)


def has_config(directory: Path) -> bool:
    """Return whether a flash holds a configuration; one whose config.json is gone beside a good one still does."""
    return (directory / CONFIG).exists() or (directory / GOOD).exists()


def identity(directory: Path) -> str | None:
    """Return the device id in a flash as ASCII, valid device id or not; None if there is no such file."""
    try:
        with (directory / IDENTITY).open("rb") as file:
            given = file.read(_IDENTITY_BYTES).strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        return f"{IDENTITY}: {error.strerror}"
    return given.decode("ascii", "backslashreplace").replace("\0", "\\x00") or None


def is_device_id(given: str) -> bool:
    """Tell whether this is a valid device id, by the board's own rule."""
    return ids.device_id(given.encode(errors="replace")) == given.encode(errors="replace")


def parameters_of(directory: Path) -> dict[str, int]:
    """Return the {name: value} that a board with this flash runs on: of its config.json, else of its last good one."""
    for name in (CONFIG, GOOD):
        try:
            changes = _parse(directory / name)
            Parameters(changes)
        except (OSError, ParameterError):
            continue
        return changes
    return {}


def _parse(path: Path) -> dict[str, int]:
    with path.open("rb") as file:
        changes: dict[str, int] = parse(file.read(CONFIG_BYTES + 1))  # no more of it than a board reads
    return changes


def refusal_of(directory: Path) -> str:
    """Return why a board refuses the configuration of its flash, "" if it does not."""
    try:
        Parameters(_parse(directory / CONFIG))
    except (OSError, ParameterError) as error:
        return f"{CONFIG}: {getattr(error, 'strerror', None) or error}"
    given = identity(directory)
    return (
        ""
        if given is None or is_device_id(given)
        else f"{IDENTITY}: {given[:40]!r} is not a device id: {DEVICE_ID_RULE}"
    )


def watchdog_s(directory: Path) -> float:
    """Return the watchdog's time in a flash's parameters."""
    return Parameters(parameters_of(directory)).watchdog_ms / 1000


def _write_whole(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    os.replace(fresh, path)
