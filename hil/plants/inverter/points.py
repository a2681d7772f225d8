"""SunSpec points: how a value becomes registers, and where the standard's definitions put it.

The layout comes from the model definitions that pysunspec2 ships (Apache-2.0); nothing of its code is used here.
"""

from __future__ import annotations

import functools
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

# kind: struct code, smallest value, largest value, "not implemented"
_KINDS = {
    "int16": (">h", -0x7FFF, 0x7FFF, -0x8000),
    "uint16": (">H", 0, 0xFFFE, 0xFFFF),
    "count": (">H", 0, 0xFFFE, 0xFFFF),
    "acc16": (">H", 0, 0xFFFF, 0),
    "enum16": (">H", 0, 0xFFFE, 0xFFFF),
    "bitfield16": (">H", 0, 0x7FFF, 0xFFFF),
    "sunssf": (">h", -10, 10, -0x8000),
    "pad": (">H", 0, 0, 0x8000),
    "int32": (">i", -0x7FFFFFFF, 0x7FFFFFFF, -0x80000000),
    "uint32": (">I", 0, 0xFFFFFFFE, 0xFFFFFFFF),
    "acc32": (">I", 0, 0xFFFFFFFF, 0),
    "enum32": (">I", 0, 0xFFFFFFFE, 0xFFFFFFFF),
    "bitfield32": (">I", 0, 0x7FFFFFFF, 0xFFFFFFFF),
    "int64": (">q", -0x7FFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, -0x8000000000000000),
    "uint64": (">Q", 0, 0xFFFFFFFFFFFFFFFE, 0xFFFFFFFFFFFFFFFF),
    "float32": (">f", -3e38, 3e38, float("nan")),
    "acc64": (">Q", 0, 0x7FFFFFFFFFFFFFFF, 0),
}
_WRAPPING = ("acc16", "acc32", "acc64")


class Setting:
    """A point a master may write: its value in force (unscaled units) and the range it accepts."""

    __slots__ = ("high", "low", "value")

    def __init__(self, value: float, low: float, high: float):
        self.value = value
        self.low = low
        self.high = high


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Contents of one SunSpec model of one inverter: constants, live readings, settings; the rest is unimplemented."""

    number: int
    values: Mapping[str, float | str] = field(default_factory=dict)
    live: Mapping[str, Callable[[], float | None]] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Point:
    """One point at its place in the register map."""

    name: str
    kind: str
    address: int
    count: int
    exponent: int
    symbols: tuple[int, ...]

    def encode(self, value: float | str | None) -> bytes:
        """Return the registers of a value; None is "not implemented", and a number past the range saturates."""
        if self.kind == "string":
            return str(value or "").encode("ascii").ljust(2 * self.count, b"\0")
        code, low, high, missing = _KINDS[self.kind]
        if value is None or isinstance(value, str) or value != value:
            return struct.pack(code, missing)
        if self.kind == "float32":
            return struct.pack(code, value)
        raw = round(value * 10**-self.exponent)
        raw = raw % (high + 1) if self.kind in _WRAPPING else min(high, max(low, raw))
        return struct.pack(code, raw)

    def decode(self, data: bytes) -> float | None:
        """Return the value of a numeric point's registers, None for "not implemented"."""
        code, _low, _high, missing = _KINDS[self.kind]
        raw = struct.unpack(code, data)[0]
        if raw == missing:
            return None
        return raw * 10**self.exponent if self.exponent >= 0 else raw / 10**-self.exponent

    def allows(self, value: float) -> bool:
        """Return whether an enumeration or bit field has such a value; any other point takes every number."""
        if self.kind.startswith("enum"):
            return value in self.symbols
        if self.kind.startswith("bitfield"):
            return not int(value) & ~sum(1 << bit for bit in self.symbols)
        return True


def exponent_for(largest: float, limit: int, finest: int = 0) -> int:
    """Return the finest scale factor, no finer than `finest`, that keeps `largest` within `limit` counts."""
    exponent = finest
    while largest / 10.0**exponent > limit:
        exponent += 1
    return exponent


@functools.cache
def definition(number: int) -> dict[str, Any]:
    """Return the standard's definition of one model."""
    text = files("sunspec2").joinpath("models", "json", f"model_{number}.json").read_text("utf-8")
    return json.loads(text)["group"]


def lay_out(spec: ModelSpec, address: int) -> list[Point]:
    """Return a model's points, its ID first, from `address` on."""
    points = []
    for item in _walk(definition(spec.number), spec.values):
        scale = item.get("sf", 0)
        exponent = scale if isinstance(scale, int) else int(spec.values.get(scale, 0))
        symbols = tuple(symbol["value"] for symbol in item.get("symbols", ()))
        points.append(Point(item["name"], item["type"], address, item["size"], exponent, symbols))
        address += item["size"]
    return points


def _walk(group: dict[str, Any], values: Mapping[str, float | str], prefix: str = "") -> Iterator[dict[str, Any]]:
    """Yield the points of a group and of the groups in it; one that repeats is numbered from 0: "Prt[0].DCA"."""
    for item in group["points"]:
        yield {**item, "name": prefix + item["name"]}
    for inner in group.get("groups", ()):
        if "count" not in inner:
            yield from _walk(inner, values, f"{prefix}{inner['name']}.")
            continue
        for place in range(int(values[inner["count"]])):
            yield from _walk(inner, values, f"{prefix}{inner['name']}[{place}].")
