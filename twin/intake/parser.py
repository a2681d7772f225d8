"""Records as they come from the broker to one batch of checked numbers; what cannot be used is counted by its kind."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import numpy as np
import orjson

from host_tools.contract import topics
from twin.intake.fields import FIELDS, LEAVES, RECORD, SOURCES, WORDS

PAYLOAD_MAX = 64 * 1024
_ROUTES_MAX = 500_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,24}", re.ASCII)  # the identity of a controller
_WHO = ("device", "boot", "sequence")
_COMPACT_HEAD = ("message", "boot", "sequence")
_NUMBERS = {int, type(None)}
_CLOCKS = {"utc_ms": 1000.0, "utc_s": 1.0}  # a sender may add its own clock
_CLOCK_OFF_S = 86_400.0

# What becomes of a record that is not used; the battery never sees it.  docs/twin.md has this table.
KINDS = {
    "topic": "a topic that is no record's",
    "too_large": "a payload of more than 64 KiB",
    "json": "not JSON, NaN or Infinity among it",
    "compact": "a record without names that does not fit its controller's birth message",
    "device": "the name is no controller's, or another than the topic's",
    "identity": "boot or sequence are not numbers of a record",
    "missing": "a field is missing",
    "value": "a field is not an integer, or null where it must be known",
    "range": "a field is outside its range",
    "clock": "a clock that is off by more than a day, or an uptime that goes back",
    "repeated": "a sequence that was there before",
    "late": "of an earlier start of its controller",
    "soc_jump": "a state of charge that no battery can have reached since the last one; the rest is used",
    "retained": "a retained message where a record is wanted",
    "devices": "more controllers than this twin takes",
    "overflow": "dropped unread, the oldest first: the intake lagged",
}

Telemetry = dict[str, Any]
Seen = dict[str, tuple]  # by device, in the order of the fields


@dataclass
class Batch:
    """Records in the order in which they came.  records: array of RECORD.  counts: what was not used, by kind.

    seen: the latest telemetry of each device that has sent some: its numbers and words, for people and regulation.
    """

    devices: list[str]
    records: np.ndarray
    counts: Counter[str] = field(default_factory=Counter)
    seen: Seen = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.records)


class _Leaf:
    """How the records of one leaf are read."""

    def __init__(self, name: str) -> None:
        self.number = LEAVES.index(name)
        self.fields = FIELDS[name]
        self.words = WORDS[name]
        self.names = (*_WHO, *(each.name for each in self.fields), *self.words)
        self.get = itemgetter(*self.names)
        self.end = len(_WHO) + len(self.fields)
        self.column = {each.name: index for index, each in enumerate(self.fields, 2)}


_LEAF = {name: _Leaf(name) for name in LEAVES}


class Parser:
    """Takes messages one by one and gives them as a batch; `compact` tells it what arrays of a device hold."""

    def __init__(self) -> None:
        self._routes: dict[str, tuple[str, _Leaf | None]] = {}
        self._compact: dict[tuple[str, str], tuple[str, ...]] = {}
        self._layouts: dict[tuple[str, ...], tuple[str, ...]] = {}  # each once, however many devices have it
        self._begin()

    def _begin(self) -> None:
        self._places: dict[str, int] = {}
        self._rows: dict[str, list[tuple]] = {name: [] for name in LEAVES}
        self._orders: dict[str, list[tuple[int, int, int]]] = {name: [] for name in LEAVES}
        self._counts: Counter[str] = Counter()
        self._seen: Seen = {}
        self._order = 0

    def compact(self, device: str, leaf: str, names: tuple[str, ...]) -> None:
        """Take note of the fields, in order, of a device's records in the compact form, as its birth declares them."""
        if leaf in _LEAF and len(self._compact) < _ROUTES_MAX:
            self._compact[device, leaf] = self._layouts.setdefault(names, names)

    def take(self, topic: str, payload: bytes, arrived_s: float) -> None:
        """Read one message; a record that cannot be used is counted and nothing else."""
        route = self._routes.get(topic) or self._route(topic)
        if route is None:
            return
        device, leaf = route
        if len(payload) > PAYLOAD_MAX:
            self._counts["too_large"] += 1
            return
        try:
            document = orjson.loads(payload)
        except ValueError:
            self._counts["json"] += 1
            return
        if leaf is None:
            document = self._named(device, document)
            leaf = _LEAF.get(document["message"]) if document is not None else None
        if document.__class__ is not dict or leaf is None:
            self._counts["json" if document is not None else "compact"] += 1
            return
        try:
            values = leaf.get(document)
        except KeyError:
            self._reject(document, device, leaf, "missing")
            return
        if values[0] != device:
            self._counts["device"] += 1
        elif not set(map(type, values[1 : leaf.end])) <= _NUMBERS:
            self._reject(document, device, leaf, "value")
        elif any(_is_off(document, name, scale, arrived_s) for name, scale in _CLOCKS.items() if name in document):
            self._reject(document, device, leaf, "clock")
        else:
            self._add(device, leaf, values)

    def count(self, kind: str, number: int = 1) -> None:
        """Count messages that were not even read."""
        self._counts[kind] += number

    def take_seen(self) -> Seen:
        """Return the latest telemetry since the last time, and forget all else: for who wants no batches."""
        seen = self._seen
        if seen or self._order:
            self._begin()
        return seen

    def batch(self) -> Batch:
        """Return what was taken since the last batch."""
        parts = [self._columns(leaf) for leaf in _LEAF.values()]
        records = np.concatenate([part for part, _order in parts])
        order = np.concatenate([order for _part, order in parts])
        records = records[np.argsort(order, kind="stable")]
        batch = Batch(list(self._places), records, self._counts, self._seen)
        self._begin()
        return batch

    def __len__(self) -> int:
        return self._order

    def _route(self, topic: str) -> tuple[str, _Leaf | None] | None:
        """Return device and kind of record of a topic (None: it says it itself); None and counted where it has none."""
        parts = topics.split(topic)
        leaf = _LEAF.get(parts[1]) if parts is not None else None
        if parts is None or (leaf is None and parts[1] != topics.COMPACT):
            self._counts["topic"] += 1
            return None
        if not _NAME.fullmatch(parts[0]):
            self._counts["device"] += 1
            return None
        if len(self._routes) >= _ROUTES_MAX:
            self._routes.clear()
        route = self._routes[topic] = parts[0], leaf
        return route

    def _named(self, device: str, values: Any) -> dict[str, Any] | None:
        """Return a compact record with its names, None where nobody declared them or their number differs."""
        kind = values[0] if values.__class__ is list and values else None
        names = self._compact.get((device, kind)) if kind.__class__ is str else None
        if names is None or len(values) != len(names) + 3:
            return None
        return {
            "device": device,
            **dict(zip(_COMPACT_HEAD, values, strict=False)),
            **dict(zip(names, values[3:], strict=True)),
        }

    def _add(self, device: str, leaf: _Leaf, values: tuple) -> None:
        place = self._places.setdefault(device, len(self._places))
        name = LEAVES[leaf.number]
        self._rows[name].append(values[1 : leaf.end])
        source = 0
        if name == "battery":
            word = values[leaf.end]
            source = SOURCES.get(word, 0) if word.__class__ is str else 0
        else:
            self._seen[device] = values
        self._orders[name].append((self._order, place, source))
        self._order += 1

    def _reject(self, document: dict[str, Any], device: str, leaf: _Leaf, kind: str) -> None:
        """Count a record; where its number can be read, the number is had all the same and not counted again."""
        boot, sequence = document.get("boot"), document.get("sequence")
        if document.get("device") != device:
            self._counts["device"] += 1
            return
        self._counts[kind] += 1
        if boot.__class__ is int and sequence.__class__ is int:
            place = self._places.setdefault(device, len(self._places))
            name = LEAVES[leaf.number]
            self._rows[name].append((boot, sequence, *[None] * len(leaf.fields)))
            self._orders[name].append((self._order, place, -1))
            self._order += 1

    def _columns(self, leaf: _Leaf) -> tuple[np.ndarray, np.ndarray]:
        """Return the records of one leaf, those alone whose identity is sound, and their places in the order."""
        name = LEAVES[leaf.number]
        rows, orders = self._rows[name], np.array(self._orders[name], np.int64).reshape(-1, 3)
        table = np.array(rows, np.float64).reshape(len(rows), 2 + len(leaf.fields))
        known = _within(table[:, 0], 0, 2**32 - 1) & _within(table[:, 1], 1, 2**32 - 1)
        self._counts["identity"] += int((~known).sum())
        usable = self._checked(leaf, table, known & (orders[:, 2] >= 0))
        records = np.zeros(len(rows), RECORD)
        records["at"], records["leaf"], records["soc_source"] = orders[:, 1], leaf.number, np.maximum(orders[:, 2], 0)
        records["usable"] = usable
        with np.errstate(invalid="ignore"):
            _fill(records, table, leaf, usable, known)
        return records[known], orders[known, 0]

    def _checked(self, leaf: _Leaf, table: np.ndarray, usable: np.ndarray) -> np.ndarray:
        """Turn what is not known into NaN; return which rows can be used, and count the others."""
        value, outside = np.zeros(len(table), bool), np.zeros(len(table), bool)
        for index, each in enumerate(leaf.fields, 2):
            column = table[:, index]
            if each.unknown is not None:
                column[column == each.unknown] = np.nan
            unknown = np.isnan(column)
            if not each.nullable and each.unknown is None:
                value |= unknown
            outside |= ~unknown & ~((column >= each.low) & (column <= each.high))
        self._counts["value"] += int((value & usable).sum())
        self._counts["range"] += int((outside & ~value & usable).sum())
        return usable & ~value & ~outside


def _within(column: np.ndarray, low: float, high: float) -> np.ndarray:
    return (column >= low) & (column <= high)


def _fill(records: np.ndarray, table: np.ndarray, leaf: _Leaf, usable: np.ndarray, known: np.ndarray) -> None:
    records["boot"][known] = table[known, 0]
    records["sequence"][known] = table[known, 1]
    rows = table[usable]

    def column(name: str, scale: float = 1.0) -> np.ndarray | float:
        index = leaf.column.get(name)
        return rows[:, index] / scale if index is not None else np.nan

    for name in ("uptime_ms", "session", "vehicle_id"):
        if name in leaf.column:
            records[name][usable] = column(name)
    for name, source, scale in (
        ("soc", "soc_pct_x100", 10_000.0),
        ("voltage_v", "dc_voltage_mv", 1000.0),
        ("current_a", "dc_current_ma", 1000.0),
        ("energy_in_wh", "energy_in_wh", 1.0),
        ("energy_out_wh", "energy_out_wh", 1.0),
        ("charge_in_ah", "charge_in_mah", 1000.0),
        ("charge_out_ah", "charge_out_mah", 1000.0),
        ("temperature_c", "battery_temperature_c_x10", 10.0),
        ("delivered_w", "delivered_w", 1.0),
    ):
        records[name][usable] = column(source, scale)


def telemetry_of(values: tuple) -> Telemetry:
    """Return the latest telemetry with its names."""
    return dict(zip(_LEAF["telemetry"].names, values, strict=True))


def _is_off(document: dict[str, Any], name: str, scale: float, arrived_s: float) -> bool:
    value = document[name]
    return value.__class__ is not int or abs(value / scale - arrived_s) > _CLOCK_OFF_S
