"""Damaged EXI bodies, of every schema: nothing but ExiError comes out, in bounded memory, on both interpreters.

run_fuzz_exi.py does the same to as many as one likes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import exi_oracle
import pytest
from exi_fuzzer import Fuzzer
from exi_guest import run_guest
from run_fuzz_exi import fuzzers

_INPUTS = 1500
_GUEST_INPUTS = 12_000


@pytest.fixture(scope="module")
def made() -> dict[str, Fuzzer]:
    exi_oracle.required_schemas()
    return fuzzers(seed=7)


def test_damaged_bodies_are_decoded_or_refused_with_an_exi_error(made: dict[str, Fuzzer]) -> None:
    for name, fuzzer in made.items():
        fuzzer.run(_INPUTS)
        tally = fuzzer.tally
        assert tally.inputs > _INPUTS
        assert 0 < tally.decoded < tally.inputs, name
        assert len(tally.errors) > 8, (name, tally.errors)


def test_damaged_bodies_do_not_exhaust_a_small_heap_of_micropython(made: dict[str, Fuzzer], tmp_path: Path) -> None:
    counts = run_guest(made, tmp_path, _GUEST_INPUTS)
    assert counts["inputs"] == counts["decoded"] + counts["refused"] > _GUEST_INPUTS // 2
    assert counts["decoded"] > 100
    assert counts["over"] == 0, counts
    sys.stdout.write(f"{counts}\n")
