"""The list of mutants stays true to the sources; the run itself is `python tests/mutation/run.py`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from run import EVERY, ROOT, check_fit


@pytest.mark.parametrize("mutant", EVERY, ids=range(len(EVERY)))
def test_fits_and_is_python(mutant) -> None:
    check_fit(mutant)
    source = (ROOT / mutant.path).read_text()
    mutated = source.replace(mutant.old, mutant.new)
    assert mutated != source
    ast.parse(mutated)


def test_there_are_enough() -> None:
    assert len(EVERY) >= 180
