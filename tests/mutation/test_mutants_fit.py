"""The list of mutants stays true to the sources; the run itself is `python tests/mutation/run.py`."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from groups import EVERY, GROUPS
from run import ROOT, check_fit

LEAST = {"v2g": 120, "exi": 25, "evse": 80, "limbs": 15}


@pytest.mark.parametrize("mutant", EVERY, ids=range(len(EVERY)))
def test_fits_is_python_and_names_its_tests(mutant) -> None:
    check_fit(mutant)
    source = (ROOT / mutant.path).read_text()
    mutated = source.replace(mutant.old, mutant.new)
    assert mutated != source
    ast.parse(mutated)
    folder = ROOT / "tests" / ("hil" if mutant.runner == "fleet" else "device")
    assert mutant.tests and all((folder / f"{name}.py").is_file() for name in mutant.tests)


def test_there_are_enough() -> None:
    assert len(EVERY) >= 500
    for name, least in LEAST.items():
        assert len(GROUPS[name]) >= least, name


def test_none_is_there_twice() -> None:
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in EVERY}) == len(EVERY)
