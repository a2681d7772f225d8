"""A board's reading of config.json compared with Python's own JSON: what one takes means the same to the other."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridkeel.errors import ParameterError
from gridkeel.params import CONFIG_BYTES, NAMES, parse

VALUES = st.integers(-(10**9), 10**9)
CONFIGS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)
PIECES = list("\"{}[]:,-0 \n\\\x00\x0b'") + ["1e2", ".5", "\\u0061", "null"]


class RefusedError(Exception):
    """JSON that is none, or not one flat object of integers with unique names."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _value in pairs}) < len(pairs):
        raise RefusedError
    return dict(pairs)


def _constant(_text: str) -> None:
    raise RefusedError


def strict(data: bytes) -> dict[str, int]:
    """Read the bytes by the standard library."""
    try:
        values = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_constant)
    except (ValueError, RecursionError):
        raise RefusedError from None
    if not isinstance(values, dict) or any(type(value) is not int for value in values.values()):
        raise RefusedError
    return values


def compared(data: bytes) -> bool:
    """Hold the two readings against each other; return whether the board takes it."""
    try:
        ours = parse(data)
    except ParameterError as error:
        assert error.code >> 8
        return False
    # Only whitespace that JSON does not know, around a word, is let pass here.
    assert strict(data.replace(b"\x0b", b" ").replace(b"\x0c", b" ")) == ours
    return True


@given(CONFIGS, st.sampled_from([None, 1]))
def test_sound_configurations_are_accepted(values: dict[str, int], indent: int | None) -> None:
    data = json.dumps(values, indent=indent).encode()
    assert len(data) < CONFIG_BYTES and compared(data)
    assert compared(data.replace(b"\n", b"\r\n") + b"\n")


@settings(max_examples=1000)
@given(CONFIGS, st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3), st.sampled_from(PIECES)), max_size=3))
@example({"evse": 1}, [(9, 1, "]")])
def test_a_mangled_file_means_the_same(values: dict[str, int], cuts: list[tuple[int, int, str]]) -> None:
    text = json.dumps(values)
    for at, lost, piece in cuts:
        at %= len(text) + 1
        text = text[:at] + piece + text[at + lost :]
    compared(text.encode())


@settings(max_examples=500)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_order(data: bytes) -> None:
    compared(data)
    compared(b"{" + data + b"}")
