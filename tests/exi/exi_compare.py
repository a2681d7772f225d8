"""A batch of messages under the codec and under EXIficient: the same bytes, and the same values back."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from exi_messages import Message
from exi_oracle import Oracle, infoset

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds, grammar

_ROOM = 1 << 24


def schema(name: str) -> exi.Schema:
    """Return the schema of a committed table."""
    return exi.Schema(importlib.import_module(f"gridkeel.v2g.exi.tables.{name}").TABLE)


@contextlib.contextmanager
def no_bounds() -> Iterator[None]:
    """Lift the bounds of a board's memory: what the schema allows may be longer than any board takes."""
    kept = bounds.MESSAGE_BYTES, bounds.DECODED_BYTES
    bounds.MESSAGE_BYTES = bounds.DECODED_BYTES = 1 << 30
    try:
        yield
    finally:
        bounds.MESSAGE_BYTES, bounds.DECODED_BYTES = kept


@contextlib.contextmanager
def productions_seen() -> Iterator[set[int]]:
    """Give the set of the table's productions that codecs go through meanwhile."""
    seen: set[int] = set()
    kept = grammar.Position.advance

    def advance(position: grammar.Position, index: int) -> int:
        seen.add(index)
        return kept(position, index)

    grammar.Position.advance = advance  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        grammar.Position.advance = kept  # type: ignore[method-assign]


@dataclass
class Comparison:
    """What was compared so far; a difference is a text with all that is needed to look into it."""

    messages: int = 0
    body_bytes: int = 0
    longest: int = 0
    roots: set[str] = field(default_factory=set)
    differences: list[str] = field(default_factory=list)


def compare(oracle: Oracle, name: str, messages: list[Message], made: Comparison, *, fragment: bool = False) -> None:
    """Encode and decode every message on both sides."""
    theirs = oracle.encode(name, [message.xml for message in messages], fragment=fragment)
    back = oracle.decode(name, [body or "80" for body in theirs], fragment=fragment)
    grammar_of_name, out = schema(name), bytearray(_ROOM)
    for message, body, document in zip(messages, theirs, back, strict=True):
        made.messages += 1
        made.body_bytes += len(body or "") // 2
        made.longest = max(made.longest, len(body or "") // 2)
        made.roots.add(message.name)
        what = _difference(grammar_of_name, message, body, document, out, fragment=fragment)
        if what:
            made.differences.append(f"{name} {what}\n  {message.xml}\n  EXIficient: {body}")


def _difference(
    known: exi.Schema, message: Message, body: str | None, document: str | None, out: bytearray, *, fragment: bool
) -> str:
    if body is None or document is None:
        return "EXIficient refuses the message"
    if infoset(document) != infoset(message.xml):
        return f"EXIficient reads back something else: {document}"
    try:
        end = (exi.encode_fragment if fragment else exi.encode)(known, message.name, message.value, out, 0)
        if out[:end].hex() != body:
            return f"encoded as {out[:end].hex()}"
        read = (exi.decode_fragment if fragment else exi.decode)(known, bytes.fromhex(body), 0, len(body) // 2)
    except ExiError as error:
        return f"refused: {error}"
    return "" if read == (message.name, message.value) else f"decoded as {read}"
