"""EXIficient, which the peer's package brings, as the oracle: its process, and comparing a message both ways."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from host_tools import peer
from host_tools.errors import MissingError
from host_tools.generate.exi import sources

_PROCESS = Path(__file__).with_name("exi_oracle_process.py")


def required_schemas() -> None:
    """Skip the test where the peer's package, which has the schemas, is missing; fail where nothing may be skipped."""
    try:
        peer.package()
    except MissingError as error:
        _missing(str(error))


def required() -> None:
    """Skip the test where Java or the peer is missing; fail where nothing may be skipped."""
    required_schemas()
    if not shutil.which("java"):
        _missing("java is not installed: apt-get install openjdk-17-jre-headless")


def _missing(reason: str) -> None:
    if os.environ.get("GRIDKEEL_NO_SKIPS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Oracle:
    """A process of EXIficient; folder: the prepared schemas."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command = [str(peer.python()), str(_PROCESS), str(peer.package() / "shared" / "EXICodec.jar")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Oracle:
        return self

    def __exit__(self, *_ending: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def encode(self, name: str, documents: Iterable[str], *, fragment: bool = False) -> list[str | None]:
        """Return the EXI body of each document, in hex; None where it is refused."""
        return self._ask(name, fragment, "encode", list(documents))

    def decode(self, name: str, bodies: Iterable[str], *, fragment: bool = False) -> list[str | None]:
        """Return the document of each EXI body, given in hex; None where it is refused."""
        return self._ask(name, fragment, "decode", list(bodies))

    def _ask(self, name: str, fragment: bool, what: str, items: list[str]) -> list[str | None]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        path = str(self._folder / sources.MAIN[name])
        self._process.stdin.write(json.dumps({"schema": path, "fragment": fragment, what: items}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the oracle ended with {self._process.wait()}")
        return json.loads(line)["done"]


def infoset(xml: str) -> tuple[Any, ...]:
    """Return a document's elements, attributes and text; base64 without its line ends, prefixes and order apart."""
    return _infoset(ElementTree.fromstring(xml))


def _infoset(element: ElementTree.Element) -> tuple[Any, ...]:
    children = tuple(_infoset(child) for child in element)
    return element.tag, tuple(sorted(element.attrib.items())), "" if children else element.text or "", children
