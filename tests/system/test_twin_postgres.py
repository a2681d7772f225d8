"""PostgreSQL keeps what SQLite keeps; Ray's workers, killed, end with the bytes of one process."""

from __future__ import annotations

from pathlib import Path

import pytest
from twin_peers import undisturbed
from twin_postgres import Cluster
from twin_ray import work_on_ray
from twin_records import fleet

from host_tools.errors import MissingError, ToolError
from twin.engine.shard import layout
from twin.store.content import FINE_S, Sample
from twin.store.opening import opened
from twin.store.postgres import PostgresStore

pytestmark = [pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory):
    with Cluster(tmp_path_factory.mktemp("postgres")) as made:
        yield made


def sample(device: str, at_s: int) -> Sample:
    return Sample(device, at_s, 0.5, 0.4, 0.6, 25.0, 0.08, 160.0, 7000.0, 100.0, None)


def test_postgresql_keeps_what_sqlite_keeps(cluster: Cluster, tmp_path: Path) -> None:
    for name in (cluster.url, str(tmp_path / "twin.db")):
        with opened(name, layout()) as store:
            store.commit([("a", b"\0one", 1.0), ("b", b"two", 1.5)], [sample("a", 300)], {"json": 2})
            store.commit([("a", b"ONE\xff", 2.0)], [sample("a", 300), sample("b", 600)], {"json": 1, "range": 0})
            store.keep("plan", b"1")
            store.keep("plan", b"2")
        with opened(name, layout(), read_only=True) as store:
            assert store.load() == [("a", b"ONE\xff", 2.0), ("b", b"two", 1.5)]
            assert store.counts() == {"json": 3} and store.kept("plan") == b"2" and store.kept("x") is None
            assert list(store.history()) == [sample("a", 300), sample("b", 600)]
            assert list(store.history("b")) == [sample("b", 600)]
            assert store.bytes_used() > 0


def test_postgresql_commits_all_or_nothing(cluster: Cluster) -> None:
    with PostgresStore(cluster.url, layout()) as store:
        before = store.load()
        with pytest.raises(ToolError, match="cannot be used"):
            store.commit([("a", b"lost", 9.0)], [sample("nobody", 300)], {})
        assert store.load() == before


def test_postgresql_refuses_another_layout_and_a_server_that_is_away_is_named(cluster: Cluster) -> None:
    with pytest.raises(ToolError, match="another estimator"):
        PostgresStore(cluster.url, "0-other")
    with pytest.raises(MissingError, match="cannot be reached"):
        PostgresStore("postgresql://user:secret@127.0.0.1:9/none", layout())


def test_history_in_postgresql_is_bounded(cluster: Cluster) -> None:
    with PostgresStore(cluster.url, layout(), history_rows=200) as store:
        store.commit([("h", b"", 0.0)], [], {})
        for first in range(0, 1000, 25):
            store.commit([], [sample("h", (first + k) * FINE_S) for k in range(25)], {})
        times = [one.at_s for one in store.history("h")]
    assert len(times) <= 225 and times[-1] == 999 * FINE_S


def test_workers_that_are_killed_end_with_the_bytes_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    with PostgresStore(cluster.url, layout()) as store:
        store._db.execute("TRUNCATE twin_devices, twin_history, twin_counts")
    found = work_on_ray(cluster.url, fleet(20, 60), kills=2, seed=3)
    wanted = undisturbed(fleet(20, 60), tmp_path)
    assert found.states == wanted
    assert max(found.back_s) < 10.0
