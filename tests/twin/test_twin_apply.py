"""`apply`: a row depends on its own controller's records alone, however they are cut, mixed or delivered again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from twin_records import Message, battery, fleet, message

from twin.engine.apply import apply, install
from twin.engine.packs import Packs, Spec
from twin.engine.shard import Shard, layout
from twin.engine.worker import Worker
from twin.intake.parser import Parser
from twin.store.sqlite import SqliteStore

NOW_S = 1_800_000_000.0
MESSAGES = fleet(8, 60)
PACKS = Packs(by_device={"gk-3": Spec("lfp", 40.0, 350.0), "gk-4": Spec("lmo", 24.0, 360.0)})


def batch_of(messages: list[Message]):
    parser = Parser()
    for topic, payload in messages:
        parser.take(topic, payload, NOW_S)
    return parser.batch()


def states(batches: Iterator[list[Message]]) -> dict[str, bytes]:
    shard = Shard(PACKS)
    for messages in batches:
        install(shard, apply(shard, batch_of(messages)), NOW_S)
    return {name: row.tobytes() for name, row in zip(shard.names, shard.rows, strict=True)}


def cut(messages: list[Message], chance: random.Random, most: int) -> Iterator[list[Message]]:
    while messages:
        count = chance.randint(1, most)
        yield messages[:count]
        messages = messages[count:]


UNDISTURBED = states(iter([MESSAGES]))


def test_the_made_up_fleet_is_not_a_mild_one() -> None:
    shard = Shard(PACKS)
    done = apply(shard, batch_of(MESSAGES))
    assert done.rows["vehicles"].max() > 2 and done.rows["older_count"].max() > 1
    assert done.rows["unusable"].sum() > 5 and done.counts["clock"] + done.counts["range"] + done.counts["value"] > 5
    assert (done.rows["estimate"]["age_s"] > 0).all()


@pytest.mark.parametrize("most", [1, 7, 100])
def test_batches_of_any_size_give_the_same_bytes(most: int) -> None:
    assert states(cut(MESSAGES, random.Random(most), most)) == UNDISTURBED


def test_controllers_mixed_in_another_way_give_the_same_bytes() -> None:
    by_device = sorted(MESSAGES, key=lambda each: each[0].split("/")[2])  # stable: each one's order stays
    assert states(cut(by_device, random.Random(5), 50)) == UNDISTURBED


@pytest.mark.parametrize("seed", range(3))
def test_what_is_delivered_again_changes_nothing(seed: int) -> None:
    """As after a kill: from any place on, the last records come once more."""

    def disturbed() -> Iterator[list[Message]]:
        chance, place = random.Random(seed), 0
        while place < len(MESSAGES):
            count = chance.randint(1, 40)
            yield MESSAGES[max(0, place - chance.randint(0, 100)) : place + count]
            place += count

    found = states(disturbed())
    counters = {name: np.frombuffer(data, "u1") for name, data in found.items()}
    assert counters.keys() == UNDISTURBED.keys()
    assert found == UNDISTURBED


def test_a_shard_stays_as_it_is_until_a_batch_is_installed() -> None:
    shard = Shard(PACKS)
    install(shard, apply(shard, batch_of(MESSAGES[:200])), NOW_S)
    before, names = shard.rows.tobytes(), list(shard.names)
    apply(shard, batch_of(MESSAGES[200:]))
    assert shard.rows.tobytes() == before and shard.names == names


def test_more_controllers_than_a_shard_takes_are_counted() -> None:
    shard = Shard(Packs())
    done = apply(shard, batch_of([message(battery(f"gk-{i}")) for i in range(5)]), most=3)
    install(shard, done, NOW_S)
    assert len(shard) == 3 and done.counts["devices"] == 2
    again = apply(shard, batch_of([message(battery(f"gk-{i}", sequence=2)) for i in range(5)]), most=3)
    assert again.counts["devices"] == 2 and (again.rows["sequence"] == 2).all()


def test_a_worker_goes_on_from_what_the_store_has(tmp_path: Path) -> None:
    """Every batch by a new process, so to say: the bytes in the store are all that there is."""
    path = tmp_path / "twin.db"
    for messages in cut(MESSAGES, random.Random(1), 200):
        with SqliteStore(path, layout()) as store:
            Worker(store, PACKS).work(batch_of(messages), NOW_S)
    with SqliteStore(path, layout(), read_only=True) as store:
        assert {name: data for name, data, _heard in store.load()} == UNDISTURBED


def test_a_battery_of_another_kind_begins_a_new_estimate(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "twin.db", layout()) as store:
        Worker(store, Packs()).work(batch_of([message(battery())]), NOW_S)
        other = Worker(store, Packs(Spec("lfp", 40.0, 350.0)))
        other.work(batch_of([message(battery(sequence=2))]), NOW_S)
        assert other.shard.rows["chemistry"] == b"lfp" and other.shard.rows["vehicles"] == 2
        assert other.shard.rows["sequence"] == 2
