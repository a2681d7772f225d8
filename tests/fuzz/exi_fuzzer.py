"""Feeds damaged EXI bodies to the decoder and keeps what led it to a place where it had not been.

Only ExiError may come out.  What is decoded all the same must be a value of the schema: it is encoded and decoded again
to the same.  A place is a step from one production to another, or an error with the production where it arose.
"""

from __future__ import annotations

import importlib
import random
import re
import sys
import time
import tracemalloc
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exi_mutations import MUTATIONS

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.decoder import Decoder

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "exi"))

from exi_messages import Messages

_MEASURED_EVERY = 500  # inputs; tracemalloc makes each five times slower
_SEEDS = 150
_MANY = 10  # one message in so many has long lists, up to and past the bound of memory
_PLACE = re.compile(r"-?\d+|'.*'")

# CPython's objects next to those that the bound counts: a dict of one key is 232 bytes here, an int 28.
MEMORY_BYTES = 4 * bounds.DECODED_BYTES + 2 * bounds.MESSAGE_BYTES


@dataclass
class Tally:
    """What came of one schema's inputs."""

    inputs: int = 0
    decoded: int = 0
    errors: set[str] = field(default_factory=set)
    slowest_s: float = 0.0
    peak_bytes: int = 0


class WatchedDecoder(Decoder):
    """A decoder that reports the steps it took."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.steps: set[tuple[int, int]] = set()
        self._before = -1

    def _produce(self, index: int) -> None:
        self.steps.add((self._before, index))
        self._before = index
        super()._produce(index)

    def place(self) -> int:
        """Return the production taken last."""
        return self._before


class Fuzzer:
    """One schema, as documents or fragments.  valid: bodies as they were made; corpus: those, and what was kept."""

    def __init__(self, name: str, xsd: Any, seed: int, *, fragment: bool = False) -> None:
        self.schema = exi.Schema(importlib.import_module(f"gridkeel.v2g.exi.tables.{name}").TABLE)
        self.fragment = fragment
        self.dice = random.Random(f"{name} {fragment} {seed}")
        self.tally = Tally()
        self.seen: set[Any] = set()
        self.valid = self._valid(xsd) + (self._of_two_types() if name == "iso2" and fragment else [])
        self.corpus = list(self.valid)
        for body in self.valid:
            self._judge(body)

    def _valid(self, xsd: Any) -> list[bytes]:
        messages = Messages(xsd, self.dice, shortest=0)
        names = messages.fragments()
        bodies, out = [], bytearray(bounds.MESSAGE_BYTES)
        for number in range(_SEEDS):
            messages.longest = 30 if number % _MANY == 0 else 2
            message = messages.fragment(self.dice.choice(names)) if self.fragment else messages.message()
            encode = exi.encode_fragment if self.fragment else exi.encode
            try:
                end = encode(self.schema, message.name, message.value, out, 0)
            except ExiError as error:
                assert "longer than the buffer" in str(error), error
                continue
            bodies.append(bytes(out[:end]))
        return bodies

    def _of_two_types(self) -> list[bytes]:
        out, text = bytearray(100), "DE8AA1A2B3C4D59"
        values = (text, {"": text, "Id": "id1"}, {"Id": "id1"})
        return [bytes(out[: exi.encode_fragment(self.schema, "eMAID", value, out, 0)]) for value in values]

    def run(self, count: int) -> None:
        """Judge `count` more inputs.  Errors: AssertionError with the input, in hex."""
        for _ in range(count):
            body, other = self.dice.choice(self.corpus), self.dice.choice(self.corpus)
            damaged = self.dice.choice(MUTATIONS)(self.dice, body or b"\x80", other or b"\x80")
            if self._judge(damaged):
                self.corpus.append(damaged)

    def _judge(self, body: bytes) -> bool:
        """Decode one input under the clock or, now and then, with its memory counted; return what `decode` does."""
        tally, measured = self.tally, self.tally.inputs < _SEEDS or self.tally.inputs % _MEASURED_EVERY == 0
        tally.inputs += 1
        if measured:
            tracemalloc.start()
        began = time.process_time()
        try:
            fresh = self.decode(body)
        except Exception as error:
            raise AssertionError(f"{error!r} of {body.hex()}") from error
        finally:
            if not measured:
                tally.slowest_s = max(tally.slowest_s, time.process_time() - began)
            else:
                tally.peak_bytes = max(tally.peak_bytes, tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
        assert tally.peak_bytes <= MEMORY_BYTES, f"{tally.peak_bytes} bytes of memory for {body.hex()}"
        return fresh

    def decode(self, body: bytes) -> bool:
        """Decode one input, and what came of it again; return whether it went where none had been."""
        places: set[Any] = set()
        decoder = None
        try:
            decoder = WatchedDecoder(self.schema, body, 0, len(body))
            name = decoder.open(self.fragment)
            while decoder.run(bounds.EVENTS_A_STEP):
                pass
            self._again(name, decoder.close())
        except ExiError as error:
            kind = _PLACE.sub("#", str(error).partition(" (at ")[0])
            self.tally.errors.add(kind)
            places.add((kind, decoder.place() if decoder else None))
        if decoder:
            places |= decoder.steps
        fresh = not places <= self.seen
        self.seen |= places
        return fresh

    def _again(self, name: str, value: Any) -> None:
        """Encode what was decoded, and decode it again: it must be of the schema, and the same."""
        self.tally.decoded += 1
        out = bytearray(2 * bounds.MESSAGE_BYTES)
        try:
            end = (exi.encode_fragment if self.fragment else exi.encode)(self.schema, name, value, out, 0)
            read = (exi.decode_fragment if self.fragment else exi.decode)(self.schema, out, 0, end)
        except ExiError as error:
            raise AssertionError(f"decoded, but not encoded again: {error}: {name} {value}") from error
        assert read == (name, value)
