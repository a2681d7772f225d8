"""Cuts of the power while a board is provisioned: the host's own code against a board's scripts on littlefs.

A stage is one command; it is cut at operations of the flash, begun again, cut again, and completed.
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from certs import v2g
from host_tools.cable import chain, own_key, staging
from host_tools.cable.provision import Order, provision
from host_tools.errors import MissingError, ToolError
from host_tools.micropython.interpreter import argv
from host_tools.micropython.prompt import BoardError

ROOT = Path(__file__).resolve().parents[2]
GUEST = Path(__file__).with_name("provision_guest.py")
TORN = 4
MARKED = -2  # state of the last mark
HEAP_BYTES = 64 * 1024 * 1024
IDENTIFY = {"platform": "linux", "machine": "linux", "interpreter": "1.29.0", "build": "test", "heap_free": 100_000}


class Device:
    """A board whose power goes; for `provision` what a session is."""

    def __init__(self) -> None:
        words = (ROOT / "tests" / "device", ROOT / "firmware", staging.SCRIPT, own_key.SCRIPT)
        self._process = subprocess.Popen(
            argv(GUEST, tuple(map(str, words)), heap_bytes=HEAP_BYTES),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, *words: object) -> dict[str, Any]:
        """Have the guest do something.  Errors: MissingError where the power went, BoardError."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        line, said = self._process.stdout.readline(), ""
        while not line.startswith("{"):  # the collector says what a file ended with that a cut left open
            said += line
            assert line, said
            line = self._process.stdout.readline()
        row: dict[str, Any] = json.loads(line)
        if "cut" in row:
            raise MissingError("the power is gone")
        if "error" in row:
            raise BoardError(row["error"])
        return row

    def call(self, name: str, *arguments: object, timeout_s: float = 0) -> dict[str, Any]:
        return IDENTIFY if name == "identify" else self.ask(name, *arguments)


@dataclass
class Stage:
    """One command.  state: what the board is before it.  before, after: what it then is, by `look`."""

    name: str
    state: int
    order: Order
    request: Path | None = None
    asked: bytes = b""  # the request before it, whose key has to stay
    replaces: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    def begin(self) -> None:
        if self.request is not None:
            self.request.unlink(missing_ok=True)
            if self.asked:
                self.request.write_bytes(self.asked)


def key_in(request: Path | None) -> str:
    """Return the public key of a request in hex, "" without one."""
    if request is None or not request.exists():
        return ""
    return own_key.point_of(x509.load_pem_x509_csr(request.read_bytes())).hex()


def told(device: Device, stage: Stage) -> bool:
    """Give the command; return whether it came to its end."""
    try:
        provision(device, stage.order)
        return True
    except MissingError:
        return False
    except ToolError as error:
        # A processor that ran on while its flash was dead.
        assert isinstance(error, BoardError) or "read back" in str(error), error
        return False


def look(device: Device, stage: Stage, ended: bool) -> None:
    """Start the board again, and hold what it is against what it may be."""
    device.ask("start")
    found = device.ask("look")
    what = (stage.name, found)
    assert found["code"] == 0, ("unbootable", what)
    for name in ("device_id", "group", "baseline_w"):
        assert found[name] in (stage.before[name], stage.after[name]), what
    assert found["own"] != "damaged", what
    assert not found["leaf"] or found["tls"] == found["leaf"], ("a key beside another one's chain", what)
    asked = key_in(stage.request)
    if stage.replaces:
        assert found["own"] or not stage.after["own"], ("no key, and none was given up for good", what)
    else:
        lost = "a key that a request was made of is lost"
        assert found["own"] == asked if asked else stage.before["own"] in ("", found["own"]), (lost, what)
    if stage.before["chain"] and stage.after["chain"]:
        assert found["chain"] == 3 and found["roots"] == 1, ("neither the old chain nor the new one", what)
    assert not found["marked"] or not found["wrong"], ("marked, and not so", what)
    if ended:
        for name in ("device_id", "group", "baseline_w", "chain", "roots", "leaf", "marked", "wrong"):
            assert found[name] == stage.after[name], (name, what)
        assert sorted(found["names"]) == sorted(stage.after["names"]), what
        assert stage.request is None or found["own"] == asked, what


def operations(device: Device, stage: Stage) -> int:
    """Return how many operations a command takes that is not cut; fill in what it makes of the board."""
    stage.begin()
    device.ask("start", stage.state)
    stage.before = device.ask("look")
    assert told(device, stage)
    count = int(device.ask("operations")["operations"])
    stage.after = device.ask("look")
    return count


def cut(device: Device, stage: Stage, dice: random.Random, first_of: int, second_of: int) -> int:
    """Cut a command; return the number of cuts.  One of so many first cuts, and of second ones, is made."""
    made = 0
    count = operations(device, stage)
    for at in range(count + 1):
        for torn in range(TORN):
            for halts in (True, False):
                if dice.randrange(first_of):
                    continue
                stage.begin()
                device.ask("start", stage.state, at, torn, halts)
                ended = told(device, stage)
                look(device, stage, ended)
                made += 1
                if not ended:
                    made += again(device, stage, dice, second_of)
    return made


def again(device: Device, stage: Stage, dice: random.Random, second_of: int) -> int:
    """Give the command again on what a cut left, with another cut, and then to its end."""
    device.ask("mark")
    left = stage.request.read_bytes() if stage.request and stage.request.exists() else b""
    count = complete(device, stage)
    if dice.randrange(second_of):
        return 0
    if stage.request:
        stage.request.unlink()
    if stage.request and left:
        stage.request.write_bytes(left)
    device.ask("start", MARKED, dice.randrange(count + 1), dice.randrange(TORN), bool(dice.randrange(2)))
    look(device, stage, told(device, stage))
    complete(device, stage)
    return 1


def complete(device: Device, stage: Stage) -> int:
    """Give the command to its end; return the number of its operations."""
    device.ask("start")
    assert told(device, stage), "the same command does not complete it"
    count = int(device.ask("operations")["operations"])
    look(device, stage, True)
    return count


def signed(pki: v2g.Pki, request: Path, folder: Path) -> chain.Chain:
    name = pki.sign_request(x509.load_pem_x509_csr(request.read_bytes()))
    path = folder / "chain.pem"
    path.write_bytes(v2g.chain_pem(pki, name))
    return chain.read(path, folder / "roots")


def run(seed: int, first_of: int, second_of: int, say: Callable[[str], None] = lambda _line: None) -> int:
    """Cut every stage of a board's provisioning; return the number of cuts."""
    dice = random.Random(seed)
    made = 0
    with tempfile.TemporaryDirectory() as name, Device() as device:
        folder = Path(name)
        pki = v2g.make(folder / "pki")
        v2g.export_roots(pki, folder / "roots")
        v2g.export_device(pki, folder / "device")
        request = folder / "asked.csr"

        def stage(title: str, order: Order, **more: Any) -> None:
            nonlocal made
            state = int(device.ask("save")["state"])
            asked = request.read_bytes() if request.exists() else b""
            begun = Stage(title, state, order, asked=asked, **more)
            cuts = cut(device, begun, dice, first_of, second_of)
            say(f"{title:14}{cuts:8,} cuts")
            made += cuts
            begun.begin()
            device.ask("start", state)
            assert told(device, begun)

        device.ask("start")
        first = Order("virtual", "c-1", {"baseline_w": 2500, "group": 7}, bytes(138), own_key=True, csr=request)
        stage("key", first, request=request)
        stage("chain", Order(chain=signed(pki, request, folder)))
        stage("identity", Order("virtual", "c-2", {"baseline_w": 1500}))
        another = Order("virtual", "c-2", own_key=True, csr=request, replace_key=True)
        stage("next key", another, request=request, replaces=True)
        stage("next chain", Order(chain=signed(pki, request, folder)))
        injected = {path.name: path.read_bytes() for path in (folder / "device").iterdir()}
        request.unlink()
        stage("injected", Order(pki=injected, replace_key=True), replaces=True)
    return made
