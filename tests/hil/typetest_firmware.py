"""A firmware with a defect for the type test to find, and the reserve's cycle with a short rest."""

import shutil
from dataclasses import replace

from hil.typetest.catalogue import profile
from hil.typetest.finding import FAIL
from hil.virtual_board.flash import FIRMWARE

FAST_RESERVE = "services/fast_reserve.py"
FFR_495 = '("nordic-ffr-49.5", 50, 49500, 700, 5000, 5000, _QUARTER_HOUR_MS'
QUICK_FFR_495 = FFR_495.replace("_QUARTER_HOUR_MS", "45000")


def mutant(folder, file, *changes):
    """Return a copy of the firmware with one defect (or more), each (old, new)."""
    where = folder / "firmware"
    shutil.copytree(FIRMWARE, where, ignore=shutil.ignore_patterns("__pycache__"))
    path = where / "gridkeel" / file
    text = path.read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} is not once in {file}"
        text = text.replace(old, new)
    path.write_text(text)
    return where


def failed(test):
    return {finding.what for finding in test.findings if finding.verdict == FAIL}


def quick_reserve():
    """The reserve's whole cycle, with a re-arm of 45 s in the place of the quarter of an hour."""
    found = profile("nordic-ffr-49.5")
    return replace(found, reserve=replace(found.reserve, rearm_s=45.0))
