"""What the twin remembers of the controllers of one shard: a row of fixed size each, whose bytes the store keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import numpy as np

from twin.engine.packs import Packs, pack_of
from twin.estimate.state import STATE, VERSION

OLDER = 8  # earlier starts of a controller whose numbers are remembered: a redelivery goes back no further
DEVICES_MAX = 200_000  # of a twin: 200 MB

ROW = np.dtype(
    [
        ("known", "?"),  # False before the first record
        ("boot", "u4"),
        ("sequence", "u4"),  # the highest of this boot
        ("older_count", "u1"),
        ("older_boot", "u4", OLDER),  # latest first
        ("older_sequence", "u4", OLDER),
        ("uptime_known", "?"),
        ("uptime_ms", "u4"),  # of the latest record
        ("stepped_ms", "u4"),  # of the latest that the estimator had
        ("has_battery", "?"),  # battery records came in this boot: telemetry is no longer stepped on
        ("session", "u4"),
        ("vehicle_id", "u4"),
        ("started", "?"),
        ("chemistry", "S16"),
        ("series", "f8"),
        ("parallel", "f8"),
        ("counted_ah", "f8"),  # reading of the charge counters up to which the estimator has counted
        ("counted_wh", "f8"),
        ("energy_in_wh", "f8"),
        ("energy_out_wh", "f8"),
        ("throughput_wh", "f8"),  # through the battery, both ways, since the first record
        ("delivered_w", "f8"),
        ("soc_word", "f8"),  # the vehicle's last word that was believed
        ("soc_word_age_s", "f8"),
        ("soc_source", "u1"),
        ("records", "u8"),
        ("unusable", "u8"),
        ("vehicles", "u4"),  # how many batteries there were, one after the other
        ("estimate", STATE),
    ]
)


def layout() -> str:
    """Return what tells states of one form from those of another."""
    digest = hashlib.sha256(repr(ROW.descr).encode()).hexdigest()[:12]
    return f"{VERSION}-{digest}"


class Shard:
    """Rows of controllers, in the order in which they were first heard.

    heard_s, sampled_s: arrival of the latest record, instant of the latest sample of history; no part of the state, or
    a record delivered again would change it.
    """

    def __init__(self, packs: Packs) -> None:
        self.packs = packs
        self.names: list[str] = []
        self.index: dict[str, int] = {}
        self._rows = np.zeros(64, ROW)
        self._heard_s = np.zeros(64)
        self._sampled_s = np.zeros(64, "i8")

    @property
    def rows(self) -> np.ndarray:
        return self._rows[: len(self.names)]

    @property
    def heard_s(self) -> np.ndarray:
        return self._heard_s[: len(self.names)]

    @property
    def sampled_s(self) -> np.ndarray:
        return self._sampled_s[: len(self.names)]

    def __len__(self) -> int:
        return len(self.names)

    def load(self, states: Iterable[tuple[str, bytes, float]], *, check: bool = True) -> None:
        """Take what a store kept.  check: a controller whose battery is another one by now begins a new estimate."""
        for device, data, heard_s in states:
            row = np.frombuffer(data, ROW, 1).copy()
            if check and not is_of_pack(row, self.packs, device)[0]:
                row["started"] = False
            self.add([device])
            self._rows[self.index[device]] = row[0]
            self._heard_s[self.index[device]] = heard_s

    def add(self, devices: list[str]) -> None:
        """Make room for new controllers."""
        count = len(self.names) + len(devices)
        if count > len(self._rows):
            size = max(count, 2 * len(self._rows))
            self._rows = _grown(self._rows, size)
            self._heard_s = _grown(self._heard_s, size)
            self._sampled_s = _grown(self._sampled_s, size)
        for device in devices:
            self.index[device] = len(self.names)
            self.names.append(device)


def is_of_pack(rows: np.ndarray, packs: Packs, device: str) -> np.ndarray:
    """Return whether rows were begun for the battery that the device has now."""
    spec = packs.of(device)
    pack = pack_of(spec)
    return (
        (rows["chemistry"] == spec.chemistry.encode()[:16])
        & (rows["series"] == pack.series)
        & (rows["parallel"] == pack.parallel)
    )


def _grown(array: np.ndarray, size: int) -> np.ndarray:
    larger = np.zeros(size, array.dtype)
    larger[: len(array)] = array
    return larger
