"""Runs in MicroPython: cuts of the power while parameters are stored on littlefs, as flash.py and config.py do it.

Arguments: seed, one of how many first cuts, one of how many second cuts (1 1: all of them). Prints the number of cuts.
"""

import os
import sys

import vfs

_SEED, _FIRST_OF, _SECOND_OF = [int(text) for text in sys.argv[1:4]]
sys.path[:0] = sys.argv[4:]

from flash_chip import Chip, PowerCutError  # noqa: E402
from power_cuts import TORN, Dice  # noqa: E402

from gridkeel import params  # noqa: E402
from gridkeel.boards.flash import Flash  # noqa: E402
from gridkeel.runtime.config import GOOD, Config  # noqa: E402

BLOCKS = 16
EARLIER = (1000, 2000, 3500)  # the good one follows later


class Board(Flash):
    connector = None

    def check(self, parameters):
        pass


board = Board(b"virtual")


class Mounted:
    """A chip's file system at /flash, mounted as rp2's _boot.py does it, which formats a flash that it cannot mount."""

    def __init__(self, chip):
        self.files = vfs.VfsLfs2(chip, progsize=256)
        vfs.mount(self.files, "/flash")
        os.chdir("/flash")

    def leave(self):
        os.chdir("/")
        try:  # noqa: SIM105 - MicroPython has no contextlib
            vfs.umount("/flash")
        except OSError:
            pass


kept = []  # file systems of dead starts: a file that one left open is closed by the collector, and finds its own chip


def tell(chip, value):
    """Store a value and let it become the good one; return (answered ok, came to its end, the flash after it)."""
    stored = [False]
    mounted = Mounted(chip)
    try:
        config = Config(board)
        stored[0] = config.set("baseline_w", value)
        config.follow(True, 0)
        config.follow(True, 20000)
        ended = not chip.dead
    except PowerCutError:
        ended = False
    chip = chip.replaced()
    kept.append(mounted)
    mounted.leave()
    if len(kept) > 4:
        del kept[0]
    return stored[0], ended, chip


def look(chip, allowed, what):
    """Start again and return the value that is in force."""
    mounted = Mounted(chip)
    config = Config(board)
    assert config.code == 0, (what, "configuration is refused", config.code)
    value = config.parameters.baseline_w
    assert value in allowed, (what, value)
    data = board.load(GOOD, params.CONFIG_BYTES)
    good = params.Parameters(params.parse(data)).baseline_w if data is not None else -1
    assert good == -1 or good in allowed + EARLIER, (what, "good", good)
    assert data is not None or what[0] != 1000, (what, "the good one is gone")
    mounted.leave()
    return value


def formatted():
    chip = Chip(BLOCKS, once=False)
    vfs.VfsLfs2.mkfs(chip, progsize=256)
    return chip


def run(start, old, dice):
    """Cut while 2000 is stored over `old`; return the number of cuts."""
    made = 0
    counter = start.copy().again()
    tell(counter, 2000)
    for cut in range(counter.operations + 1):
        for torn in range(TORN):
            for halts in (True, False):
                if dice.below(_FIRST_OF):
                    continue
                chip = start.copy().again(cut, torn, halts)
                stored, ended, chip = tell(chip, 2000)
                what = (old, cut, torn, halts)
                value = look(chip, (2000,) if stored else (old, 2000), what)
                made += 1
                if not ended:
                    made += again(chip, value, what, dice)
    return made


def again(chip, old, what, dice):
    """Cut again while 3500 is stored on what the first cut left."""
    made = 0
    cut = -1
    ended = False
    while not ended:
        cut += 1 + dice.below(2 * _SECOND_OF - 1)
        torn = dice.below(TORN) if _SECOND_OF > 1 else cut % TORN
        later = chip.copy().again(cut, torn, bool(cut & 4))
        stored, ended, later = tell(later, 3500)
        look(later, (3500,) if stored else (old, 3500), what + (cut, torn))
        made += 1
        if not ended:
            stored, to_its_end, later = tell(later, 4000)
            assert stored and to_its_end, (what, cut, torn, "the flash takes no more")
            look(later, (4000,), what)
    return made


def main():
    dice = Dice(_SEED)
    blank = formatted()
    first = run(blank, params.Parameters().baseline_w, dice)
    full = formatted()
    full = tell(full, 1000)[2]
    print(first + run(full, 1000, dice))


main()
