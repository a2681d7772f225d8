"""A regulation signal played to a twin, and what its group makes of it: from outside, by MQTT alone."""

from __future__ import annotations

import asyncio
import csv
import json
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.contract import topics
from host_tools.errors import MissingError, ToolError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.bulk_session import BulkSession
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from twin.intake.parser import Parser, telemetry_of
from twin.orders.regulation import SAMPLE_S, Score, score
from twin.service.controllers import Controllers

_LATEST = SubscribeOptions(qos=0)
_LIVE = SubscribeOptions(qos=0, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
_LEAST_S, _LONGEST_S = 1.0, 10.0


@dataclass
class Played:
    """What came of it.  to_group_s: from each signal's publish to the group's command, as the broker hands it out."""

    signal_w: list[float] = field(default_factory=list)
    delivered_w: list[float] = field(default_factory=list)
    to_group_s: list[float] = field(default_factory=list)
    signals: int = 0
    unanswered: int = 0
    members: int = 0

    def score(self) -> Score:
        """Errors: ToolError where there is too little of it."""
        try:
            return score(np.array(self.signal_w), np.array(self.delivered_w))
        except ValueError as error:
            raise ToolError(f"no score: {error}") from None

    def to_group_p99_s(self) -> float:
        found = sorted(self.to_group_s)
        return found[math.ceil(0.99 * len(found)) - 1] if found else math.inf


def read_signal(path: Path) -> list[tuple[float, float]]:
    """Read a CSV file with the columns t_s and signal (-1 to 1).  Errors: MissingError, ToolError naming the line."""
    points: list[tuple[float, float]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not {"t_s", "signal"} <= set(reader.fieldnames or ()):
                raise ToolError(f"{path}: wanted are the columns t_s and signal")
            for row in reader:
                points.append(_point(path, reader.line_num, row, points[-1][0] if points else None))
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None
    if len(points) < 2:
        raise ToolError(f"{path}: a signal has two points at least")
    return points


def _point(path: Path, line: int, row: dict[str, str], before_s: float | None) -> tuple[float, float]:
    try:
        at_s, value = float(row["t_s"]), float(row["signal"])
    except (TypeError, ValueError):
        raise ToolError(f"{path}, line {line}: t_s and signal want numbers") from None
    if not -1.0 <= value <= 1.0:
        raise ToolError(f"{path}, line {line}: signal = {value:g} is outside -1..1")
    if before_s is not None and not _LEAST_S <= at_s - before_s <= _LONGEST_S:
        raise ToolError(f"{path}, line {line}: {at_s - before_s:g} s after the one before; want {_LEAST_S:g} to 10 s")
    return at_s, value


class Player:
    """Plays to the twin of a name; the group delivers promised_w to either side at a signal of 1."""

    def __init__(self, broker: Broker, name: str, group: int, promised_w: float) -> None:
        self.played = Played()
        self._broker = broker
        self._signal = topics.signal(name)
        self._group = group
        self._command = topics.group(group)
        self._promised_w = promised_w
        self._controllers = Controllers()
        self._parser = Parser()
        self._power_w: dict[str, float] = {}
        self._sent_s = 0.0

    def run(
        self, points: list[tuple[float, float]], warm_s: float, show: Callable[[str], None], stop: threading.Event
    ) -> Played:
        """Errors: MissingError where the broker is not there, ToolError where nobody is in the group."""
        try:
            asyncio.run(self._run(points, warm_s, show, stop))
        except CONNECTION_ERRORS as error:
            raise MissingError(why(self._broker, error)) from None
        return self.played

    async def _run(
        self, points: list[tuple[float, float]], warm_s: float, show: Callable[[str], None], stop: threading.Event
    ) -> None:
        session = BulkSession(
            self._broker, f"gridkeel-agc-{secrets.token_hex(6)}", on_record=self._take, inbound=1000, window=64
        )
        async with session:
            await session.subscribe([(f"{topics.PREFIX}/+/{topics.BIRTH}", _LATEST), (self._command, _LIVE)])
            await session.subscribe([(f"{topics.PREFIX}/+/{leaf}", _LIVE) for leaf in ("telemetry", topics.COMPACT)])
            show("listening to the group ...")
            await asyncio.sleep(warm_s)
            self._read()
            if not self._power_w:
                raise ToolError(
                    f"no controller of group {self._group} was heard in {warm_s:g} s: check its parameter group"
                )
            self.played.members = len(self._power_w)
            base_w = sum(self._power_w.values())
            await self._play(session, points, base_w, show, stop)

    async def _play(
        self,
        session: BulkSession,
        points: list[tuple[float, float]],
        base_w: float,
        show: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        begun_s, next_sample_s = time.monotonic(), SAMPLE_S
        first_s = points[0][0]
        for at_s, value in points:
            while (left_s := begun_s + at_s - first_s - time.monotonic()) > 0 and not stop.is_set():
                await asyncio.sleep(min(left_s, 0.1))
            if stop.is_set():
                return
            session.check()
            if self._sent_s:
                self.played.unanswered += 1
            self._sent_s = time.monotonic()
            session.send(self._signal, json.dumps({"signal": round(value, 5)}).encode())
            self.played.signals += 1
            self._read()
            if time.monotonic() - begun_s >= next_sample_s:
                next_sample_s += SAMPLE_S
                self.played.signal_w.append(value * self._promised_w)
                self.played.delivered_w.append(sum(self._power_w.values()) - base_w)
                wanted_kw, delivered_kw = self.played.signal_w[-1] / 1000, self.played.delivered_w[-1] / 1000
                done_s, all_s = at_s - first_s, points[-1][0] - first_s
                show(f"{done_s:.0f} of {all_s:.0f} s: wanted {wanted_kw:+.1f} kW, delivered {delivered_kw:+.1f} kW")

    def _take(self, topic: str, payload: bytes, _retained: bool, _number: int) -> None:
        if topic == self._command:
            if self._sent_s and b'"regulation"' in payload:
                self.played.to_group_s.append(time.monotonic() - self._sent_s)
                self._sent_s = 0.0
        elif not self._controllers.take(topic, payload, self._parser):
            self._parser.take(topic, payload, time.time())

    def _read(self) -> None:
        groups = self._controllers.groups
        for device, values in self._parser.batch().seen.items():
            power_w = telemetry_of(values)["delivered_w"]
            if groups.get(device) == self._group and power_w is not None:
                self._power_w[device] = float(power_w)
