"""Provisioning: identity, parameters, update keys and certificates of one board, all of them or none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gridkeel.errors import ParameterError
from gridkeel.link import ids
from gridkeel.params import Parameters
from gridkeel.update.keys import TrustedKeys
from gridkeel.update.refusals import UpdateError
from host_tools.cable import staging, target
from host_tools.cable.staging import Calls, Plan
from host_tools.errors import MissingError, ToolError
from host_tools.image import capability
from host_tools.image.boards import Board

DEVICE_ID = "device_id"
CONFIG = "config.json"
UPDATE_KEYS = "update_keys"
PKI = "pki"
PKI_KEY = "secc_key.der"
MARKER = "provisioned.json"
DONE, COMPLETE = "provisioned", "complete already"


@dataclass(frozen=True)
class Order:
    """What a board is to get; what is None stays as it is.

    board: its name, "" for whichever is connected.  parameters: checked ones.  update_keys: a set, as
    `host_tools.update.keys` makes it.  pki: {file of /pki: octets}.
    """

    board: str = ""
    device_id: str | None = None
    parameters: Mapping[str, int] | None = None
    update_keys: bytes | None = None
    pki: Mapping[str, bytes] | None = None


@dataclass(frozen=True)
class Result:
    """What became of a board.  changed: names of files and folders."""

    board: str
    machine: str
    result: str
    changed: list[str]


def provision(calls: Calls, order: Order, progress: staging.Progress | None = None) -> Result:
    """Provision the board at the end of a cable; once more is no change.

    Errors: ToolError where it is another board or cannot run on the parameters, before anything is written;
    MissingError where the connection is cut.
    """
    found = target.identified(calls, order.board)
    plan = plan_of(order, found.board)
    changed = staging.apply(calls, plan, progress)
    return Result(found.board.name, str(found), DONE if changed else COMPLETE, changed)


def plan_of(order: Order, board: Board) -> Plan:
    """Return the files of an order.  Errors: ToolError where the board cannot run on its parameters."""
    files: dict[str, bytes] = {}
    if order.device_id is not None:
        check_device_id(order.device_id)
        files[DEVICE_ID] = (order.device_id + "\n").encode()
    if order.parameters is not None:
        _check_together(order.parameters)
        capability.check(board, order.parameters)
        files[CONFIG] = (json.dumps(dict(order.parameters), indent=1) + "\n").encode()
    if order.update_keys is not None:
        files[UPDATE_KEYS] = (order.update_keys.hex() + "\n").encode()
    folders = {} if order.pki is None else {PKI: order.pki}
    if not files and not folders:
        raise ToolError("nothing to provision: give --device-id, --config, --param, --update-keys or --pki")
    return Plan(MARKER, files, folders, {"board": board.name})


def _check_together(parameters: Mapping[str, int]) -> None:
    try:
        Parameters(dict(parameters))
    except ParameterError as error:
        raise ToolError(str(error)) from None


def check_device_id(given: str) -> None:
    """Errors: ToolError where a board would not go by this name."""
    octets = given.encode(errors="replace")
    if ids.device_id(octets) != octets:
        rule = f"use 1..{ids.DEVICE_ID_MAX} letters, digits, '.', '_' or '-'"
        raise ToolError(f"device id {given!r}: {rule}")


def read_update_keys(path: Path) -> bytes:
    """Return a set of update keys.  Errors: MissingError, ToolError where the file is none."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    try:
        return TrustedKeys(data).data
    except UpdateError as error:
        raise ToolError(f"{path} is no set of update keys: {error}") from None


def read_pki(folder: Path) -> dict[str, bytes]:
    """Return the files of a folder that `gridkeel pki export --device` made.  Errors: MissingError."""
    if not (folder / PKI_KEY).is_file():
        raise MissingError(f"{folder} holds no {PKI_KEY}: make it with `gridkeel pki export --device {folder}`")
    try:
        return {path.name: path.read_bytes() for path in sorted(folder.glob("*.der"))}
    except OSError as error:
        raise MissingError(f"cannot read {error.filename}: {error.strerror}") from None


def refuse_key_on_device(board: Board) -> ToolError:
    """Return why no key is made on a board: its entropy, or that the firmware has no code for it yet."""
    from host_tools.image.boards import constant

    if board.table is None or not constant(board, "KEYS_ON_DEVICE"):
        source = "a model's" if board.table is None else constant(board, "ENTROPY")
        return ToolError(f"{board.name} makes no keys of its own, its random numbers are {source}; give --pki DIR")
    return ToolError(f"{board.name} has real entropy, but the firmware cannot make a key and its CSR yet; give --pki")
