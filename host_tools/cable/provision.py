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
from host_tools.cable import clock, own_key, staging, target
from host_tools.cable.chain import Chain
from host_tools.cable.own_key import OwnKey
from host_tools.cable.staging import Calls, Held, Plan
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
    own_key: the board makes its key itself.  replace_key: and gives up the one it made before.
    csr: file for the request for its certificate.  secc_id: the name in that, "" for the device id.
    chain: signed, for the key that the board made.  set_clock: to this machine's time.
    """

    board: str = ""
    device_id: str | None = None
    parameters: Mapping[str, int] | None = None
    update_keys: bytes | None = None
    pki: Mapping[str, bytes] | None = None
    own_key: bool = False
    replace_key: bool = False
    csr: Path | None = None
    secc_id: str = ""
    chain: Chain | None = None
    set_clock: bool = False

    @property
    def works_on_board(self) -> bool:
        """Whether own_key.SCRIPT has to be on the board for it."""
        return self.own_key or self.replace_key or self.csr is not None or self.chain is not None or self.set_clock


@dataclass(frozen=True)
class Result:
    """What became of a board.  changed: names of files and folders.

    key_sha256: of the public key that the board made, where that was looked at.  clock: what became of it, "" where
    it was not to be set.
    """

    board: str
    machine: str
    result: str
    changed: list[str]
    key_sha256: str = ""
    clock: str = ""


def provision(calls: Calls, order: Order, progress: staging.Progress | None = None) -> Result:
    """Provision the board at the end of a cable; once more is no change.

    Errors: ToolError where it is another board, or cannot be what is ordered, before anything is written;
    MissingError where the connection is cut.
    """
    found = target.identified(calls, order.board)
    key = _key_now(calls, order, found.board)
    identity = _identity(calls, order)
    plan = plan_of(order, found.board, key)
    changed = []
    if order.own_key:
        before, key = key, own_key.make(calls, replace=order.replace_key)
        changed += [own_key.FILE] if key != before else []
    try:
        changed += _requested(calls, order, key, identity)
        if plan.files or plan.folders:
            changed += staging.apply(calls, plan, progress)
        if order.pki is not None and order.replace_key and own_key.there(calls):
            own_key.remove(calls)
            changed.append(own_key.FILE)
    except ToolError as error:
        if own_key.FILE not in changed or order.replace_key:
            raise
        raise type(error)(f"{error}; the key that the board made stays, the same command goes on with it") from None
    said = clock.set_clock(calls) if order.set_clock else ""
    fingerprint = key.fingerprint if key else ""
    return Result(found.board.name, str(found), DONE if changed else COMPLETE, changed, fingerprint, said)


def _key_now(calls: Calls, order: Order, board: Board) -> OwnKey | None:
    """Return the key that a board made before.  Errors: ToolError where the order does not go with it."""
    if order.own_key:
        own_key.check_board(board)
    if order.pki is not None and not order.replace_key and own_key.there(calls):
        raise ToolError("this board made a key of its own, which --pki would put out of use: --replace-key gives it up")
    if not order.own_key and order.csr is None and order.chain is None:
        return None
    key = own_key.find(calls, replace=order.replace_key)
    if key is None and not (order.own_key and order.chain is None):
        raise ToolError("this board has no key of its own: --key-on-device makes one, and --csr its request")
    if key is not None and order.chain is not None and order.chain.public != key.public:
        raise ToolError("the chain is for another key than this board's: nothing was written")
    return key


def _identity(calls: Calls, order: Order) -> str:
    """Return the name for a request, "" where none is ordered.  Errors: ToolError where nothing says it."""
    if order.csr is None:
        return ""
    return order.secc_id or order.device_id or own_key.device_id(calls)


def _requested(calls: Calls, order: Order, key: OwnKey | None, identity: str) -> list[str]:
    if order.csr is None or key is None:
        return []
    return [str(order.csr)] if own_key.save_request(calls, key, identity, order.csr) else []


def plan_of(order: Order, board: Board, key: OwnKey | None = None) -> Plan:
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
    folders: dict[str, staging.Folder] = {} if order.pki is None else {PKI: order.pki}
    if order.chain is not None and key is not None:
        folders[PKI] = {PKI_KEY: Held(own_key.FILE, key.sha256), **order.chain.files}
    if not files and not folders and not order.works_on_board:
        raise ToolError(
            "nothing to provision: give --device-id, --config, --param, --update-keys, --pki, "
            "--key-on-device, --csr, --chain or --set-clock"
        )
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
