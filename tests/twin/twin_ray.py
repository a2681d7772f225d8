"""Batches on Ray's workers, which are killed meanwhile."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from twin_records import Message

from twin.engine.on_ray import OnRay
from twin.engine.packs import Packs
from twin.engine.shard import layout
from twin.intake.parser import Parser
from twin.store.postgres import PostgresStore


@dataclass
class OnWorkers:
    """What came of it.  back_s: from each kill to the commit of the batch that it hit."""

    states: dict[str, bytes]
    back_s: list[float]
    killed: int


def work_on_ray(url: str, messages: Sequence[Message], *, kills: int, seed: int, size: int = 100) -> OnWorkers:
    """Work all messages in batches; at random moments of random batches one worker gets SIGKILL."""
    chance = random.Random(seed)
    firsts = range(0, len(messages), size)
    hit = set(chance.sample(firsts[1:], kills))
    engine = OnRay(url, Packs(), shards=2)
    back_s: list[float] = []
    try:
        parser = Parser()
        for first in firsts:
            for topic, payload in messages[first : first + size]:
                parser.take(topic, payload, time.time())
            batch = parser.batch()
            if first not in hit:
                engine.work(batch, time.time())
                continue
            victim = chance.choice(engine.processes())
            killer = threading.Timer(chance.uniform(0.0, 0.05), os.kill, (victim, signal.SIGKILL))
            begun_s = time.monotonic()
            killer.start()
            engine.work(batch, time.time())
            killer.join()
            engine.processes()  # all of them answer
            back_s.append(time.monotonic() - begun_s)
    finally:
        engine.close()
    with PostgresStore(url, layout(), read_only=True) as store:
        return OnWorkers({name: data for name, data, _heard in store.load()}, back_s, kills)
