"""Records from a file, as fast as they can be worked: the same way as from a broker, with the file's own clock."""

from __future__ import annotations

import datetime
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from host_tools.errors import MissingError, ToolError
from twin.engine.inline import Engine
from twin.intake.parser import Parser

BATCH = 4096
_EXAMPLE = '{"tst": ..., "topic": "gridkeel/v2/gk-1/battery", "payload": {...}}'
_EARLIEST_S = 1_500_000_000.0  # 2017: no record of these topics is older


@dataclass
class Replayed:
    """What a replay did.  first_s, last_s: of the file's own clock; took_s: of ours."""

    records: int = 0
    unused: Counter[str] = field(default_factory=Counter)
    first_s: float | None = None
    last_s: float = 0.0
    took_s: float = 0.0
    bytes_read: int = 0

    @property
    def speed(self) -> float:
        """How many times as fast as it happened."""
        return (self.last_s - self.first_s) / max(self.took_s, 1e-6) if self.first_s is not None else 0.0


def replay(
    path: Path, engine: Engine, show: Callable[[str], None] = lambda _text: None, batch_size: int = BATCH
) -> Replayed:
    """Work the records of a file: JSON lines as `mosquitto_sub -F %J` writes them.

    Errors: MissingError where there is no file, ToolError naming the line that is no such document.
    """
    done = Replayed()
    parser = Parser()
    begun_s = time.monotonic()
    size = max(_size(path), 1)
    waiting, now_s = 0, 0.0
    for at_s, topic, payload, length in _messages(path):
        done.bytes_read += length
        if at_s < _EARLIEST_S:
            parser.count("clock")
        else:
            now_s = max(now_s, at_s)
            done.first_s = at_s if done.first_s is None else min(done.first_s, at_s)
            parser.take(topic, payload, at_s)
        waiting += 1
        if waiting >= batch_size:
            _work(engine, parser, now_s, done)
            waiting = 0
            show(f"{100 * done.bytes_read // size} %, {done.records} records")
    _work(engine, parser, now_s, done)
    done.last_s = now_s
    done.took_s = time.monotonic() - begun_s
    return done


def _work(engine: Engine, parser: Parser, now_s: float, done: Replayed) -> None:
    outcome = engine.work(parser.batch(), now_s)
    done.records += outcome.records
    done.unused.update(outcome.counts)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror or error}") from None


def _messages(path: Path) -> Iterator[tuple[float, str, bytes, int]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                document = json.loads(line)
                topic, payload = document["topic"], document["payload"]
                at_s = _instant_s(document["tst"])
            except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
                raise ToolError(f"{path}, line {number}: want {_EXAMPLE}, as `mosquitto_sub -F %J` writes it") from None
            raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
            yield at_s, str(topic), raw, len(line)


def _instant_s(value: Any) -> float:
    """Return seconds of a number, or of a time as mosquitto writes it: 2026-11-30T22:33:53.123456Z+0100."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value != value or abs(value) > 1e12:
            raise ValueError(value)
        return float(value)
    text = str(value).replace("Z+", "+").replace("Z-", "-")
    instant = datetime.datetime.fromisoformat(text)
    return (instant if instant.tzinfo else instant.replace(tzinfo=datetime.UTC)).timestamp()
