"""The vectors of the device tests are EXIficient's own bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import exi_oracle
import pytest
from exi_oracle import Oracle

from host_tools.generate.exi import sources

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "device"))

from exi_vectors import VECTORS
from exi_vectors_more import VECTORS as MORE


@pytest.mark.parametrize("fragment", [False, True])
def test_exificient_reads_them_and_makes_them_again(fragment: bool) -> None:
    exi_oracle.required()
    chosen = [vector for vector in VECTORS + MORE if (vector[1] == "fragment") == fragment]
    assert chosen
    with sources.prepared() as folder, Oracle(folder) as oracle:
        for name in {vector[0] for vector in chosen}:
            bodies = [vector[4] for vector in chosen if vector[0] == name]
            documents = oracle.decode(name, bodies, fragment=fragment)
            assert None not in documents
            assert oracle.encode(name, [str(one) for one in documents], fragment=fragment) == bodies
