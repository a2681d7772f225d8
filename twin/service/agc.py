"""A regulation signal played to a twin, and what its group makes of it: from outside, by MQTT alone."""

from __future__ import annotations

import asyncio
import csv
import json
import math
import secrets
import threading
import time
from bisect import bisect_right
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
_LAST_RECORDS_S = 5.0  # for what was delivered at the last instant to be reported


@dataclass
class Played:
    """What came of it.  to_group_s: from each signal's publish to the group's command, as the broker hands it out."""

    signal_w: list[float] = field(default_factory=list)
    delivered_w: list[float] = field(default_factory=list)
    to_group_s: list[float] = field(default_factory=list)
    signals: int = 0
    unanswered: int = 0
    members: int = 0
    late: int = 0  # members that were not heard before the signal began: what they deliver is not in the score

    def score(self) -> Score:
        """Errors: ToolError where there is too little of it."""
        try:
            return score(np.array(self.signal_w), np.array(self.delivered_w))
        except ValueError as error:
            raise ToolError(f"no score: {error}") from None

    def to_group_p99_s(self) -> float:
        found = sorted(self.to_group_s)
        return found[math.ceil(0.99 * len(found)) - 1] if found else math.inf


def read_signal(path: Path, every_s: float = 2.0) -> list[tuple[float, float]]:
    """Read a signal: CSV with the columns t_s and signal (-1 to 1), or one value a line, every_s apart.

    Errors: MissingError, ToolError naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is no text: {error}") from None
    if lines and _is_number(lines[0]):
        rows = [(number, {"t_s": str(i * every_s), "signal": line}) for i, (number, line) in enumerate(_filled(lines))]
    else:
        reader = csv.DictReader(lines)
        if not {"t_s", "signal"} <= set(reader.fieldnames or ()):
            raise ToolError(f"{path}: wanted are the columns t_s and signal, or one number a line")
        rows = [(reader.line_num, row) for row in reader]
    points: list[tuple[float, float]] = []
    for number, row in rows:
        points.append(_point(path, number, row, points[-1][0] if points else None))
    if len(points) < 2:
        raise ToolError(f"{path}: a signal has two points at least")
    return points


def _filled(lines: list[str]) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _point(path: Path, line: int, row: dict[str, str], before_s: float | None) -> tuple[float, float]:
    try:
        at_s, value = float(row["t_s"]), float(row["signal"])
    except (TypeError, ValueError):
        raise ToolError(f"{path}, line {line}: a signal's time and value are numbers") from None
    if not -1.0 <= value <= 1.0:
        raise ToolError(f"{path}, line {line}: signal = {value:g} is outside -1..1")
    if before_s is not None and not _LEAST_S <= at_s - before_s <= _LONGEST_S:
        raise ToolError(f"{path}, line {line}: {at_s - before_s:g} s after the one before; want {_LEAST_S:g} to 10 s")
    return at_s, value


class Meter:
    """What a group delivers at given instants, put together of records that come at other ones.

    Each record is dated by its controller's uptime, whose offset to this clock is that of the record that came soonest;
    between two records power is taken to go straight.
    """

    def __init__(self) -> None:
        self._latest: dict[str, tuple[float, float]] = {}  # when, W
        self._offset_s: dict[str, float] = {}
        self._instants_s: list[float] = []
        self.sums_w: list[float] = []
        self.late: set[str] = set()  # who was heard for the first time after that

    @property
    def members(self) -> int:
        return len(self._latest)

    def now_w(self) -> float:
        """Return the sum of what was heard last."""
        return sum(power_w for _at_s, power_w in self._latest.values())

    def ask(self, instants_s: list[float]) -> None:
        """Want the sums at these instants, in rising order, of who is known by now."""
        self._instants_s, self.sums_w = instants_s, [0.0] * len(instants_s)

    def take(self, device: str, uptime_s: float, power_w: float, came_s: float) -> None:
        """Take a record that came at came_s."""
        known = self._latest.get(device)
        if known is None and self._instants_s:
            self.late.add(device)  # it is not in the power before the signal either
            return
        offset_s = min(self._offset_s.get(device, math.inf), came_s - uptime_s)
        if known is not None and offset_s + uptime_s <= known[0] - 60.0:
            offset_s = came_s - uptime_s  # the controller started again
        self._offset_s[device] = offset_s
        at_s = offset_s + uptime_s
        if known is not None:
            self._between(known, (at_s, power_w))
        self._latest[device] = at_s, power_w

    def end(self) -> None:
        """Let everybody's last power hold to the last instant."""
        for at_s, power_w in self._latest.values():
            self._between((at_s, power_w), (math.inf, power_w))

    def _between(self, first: tuple[float, float], second: tuple[float, float]) -> None:
        (from_s, from_w), (to_s, to_w) = first, second
        for i in range(bisect_right(self._instants_s, from_s), bisect_right(self._instants_s, to_s)):
            part = (self._instants_s[i] - from_s) / (to_s - from_s)
            self.sums_w[i] += from_w + (to_w - from_w) * part


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
        self._meter = Meter()
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
            meter = self._meter
            if not meter.members:
                raise ToolError(f"nobody of group {self._group} was heard in {warm_s:g} s: check the parameter group")
            self.played.members = meter.members
            base_w = meter.now_w()
            await self._play(session, points, base_w, show, stop)
            meter.end()
            self.played.late = len(meter.late)
            self.played.delivered_w = [sum_w - base_w for sum_w in meter.sums_w[: len(self.played.signal_w)]]

    async def _play(
        self,
        session: BulkSession,
        points: list[tuple[float, float]],
        base_w: float,
        show: Callable[[str], None],
        stop: threading.Event,
    ) -> None:
        begun_s = time.monotonic() - points[0][0]
        cycle_s = points[1][0] - points[0][0]
        length_s = points[-1][0] - points[0][0]
        instants = [points[0][0] + cycle_s / 2 + k * SAMPLE_S for k in range(int(length_s / SAMPLE_S))]
        self._meter.ask([begun_s + at_s for at_s in instants])
        next_s = 0.0
        for at_s, value in points:
            while (left_s := begun_s + at_s - time.monotonic()) > 0 and not stop.is_set():
                await asyncio.sleep(min(left_s, 0.1))
            if stop.is_set():
                return
            session.check()
            self.played.unanswered += self._sent_s > 0
            self._sent_s = time.monotonic()
            session.send(self._signal, json.dumps({"signal": round(value, 5)}).encode())
            self.played.signals += 1
            while len(self.played.signal_w) < len(instants) and instants[len(self.played.signal_w)] < at_s + cycle_s:
                self.played.signal_w.append(value * self._promised_w)
            if at_s >= next_s:
                next_s = at_s + SAMPLE_S
                wanted_kw, delivered_kw = value * self._promised_w / 1000, (self._meter.now_w() - base_w) / 1000
                show(
                    f"{at_s - points[0][0]:.0f} of {length_s:.0f} s: wanted {wanted_kw:+.1f} kW, delivered"
                    f" {delivered_kw:+.1f} kW"
                )
        await asyncio.sleep(_LAST_RECORDS_S)

    def _take(self, topic: str, payload: bytes, _retained: bool, _number: int) -> None:
        came_s = time.monotonic()
        if topic == self._command:
            if self._sent_s and b'"regulation"' in payload:
                self.played.to_group_s.append(came_s - self._sent_s)
                self._sent_s = 0.0
        elif not self._controllers.take(topic, payload, self._parser):
            self._parser.take(topic, payload, time.time())
            for device, values in self._parser.take_seen().items():
                found = telemetry_of(values)
                if self._controllers.groups.get(device) == self._group and found["delivered_w"] is not None:
                    self._meter.take(device, found["uptime_ms"] / 1000.0, float(found["delivered_w"]), came_s)
