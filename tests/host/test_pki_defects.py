"""The board's own path validation against what `gridkeel pki` makes: the good chain, and each defect by its code."""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pki_helpers import der

from certs import v2g
from certs.v2g import defects
from gridkeel.crypto import chain, crl, profiles

NOW_S = int(datetime.now(UTC).timestamp())
ROLES = {"secc": profiles.SECC, "contract": profiles.CONTRACT, "oem": profiles.OEM_PROVISIONING, "cps": profiles.CPS}
CASES = [(name, leaf) for name, row in defects.DEFECTS.items() for leaf in ROLES if leaf in row.leaves]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki")


def _drive(work: Generator):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _says(pki: v2g.Pki, leaf: str, good: v2g.Pki) -> str:
    """Return the board's word on a chain; its trust is the good PKI's."""
    path = [der(pki.certificate(name)) for name in pki.chain(leaf)[:-1]]
    roots = [der(good.certificate(name)) for name in ("v2g_root", "mo_root", "oem_root")]
    entries = [entry for entry in pki.index.entries.values() if entry.crl]
    lists = [_drive(crl.parse(entry.crl_path(pki.folder).read_bytes())) for entry in entries]
    return chain.name(_drive(chain.validate(path, roots, NOW_S, lists, ROLES[leaf])))


@pytest.mark.parametrize("leaf", ROLES)
def test_the_board_accepts_a_sound_pki(leaf: str, good: v2g.Pki):
    assert _says(good, leaf, good) == "ok"


@pytest.mark.parametrize(("name", "leaf"), CASES, ids=[f"{name}-{leaf}" for name, leaf in CASES])
def test_the_board_refuses_a_defect_by_its_code(name: str, leaf: str, good: v2g.Pki, tmp_path: Path):
    bad = defects.make(good, tmp_path / "bad", name, leaf)
    assert _says(bad, leaf, good) == defects.DEFECTS[name].code
