"""Runs in MicroPython: damaged EXI bodies in a small heap.

Arguments: a file, how many bodies are in it, how many inputs, a seed.
A body in the file: its table's name and a line end, 1 for a fragment, its size in two bytes, itself.
"""

import gc
import sys

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds, relaxed  # noqa: F401 - loaded where it is first needed, and not to be measured
from gridkeel.v2g.exi.decoder import Decoder


class Dice:
    """Repeatable random numbers within 31 bits."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 25173 + 13849) & 0xFFFFFF
        return (self.state >> 4) % n


class Counts:
    """What came of the inputs."""

    def __init__(self):
        self.inputs = 0
        self.decoded = 0
        self.refused = 0
        self.most_kept = 0
        self.most_charged = 0
        self.over = 0


def damage(dice, buffer, size):
    """Damage buffer[:size] where it lies; return its size, cut or not."""
    kind = dice.below(5)
    if kind == 0:
        return dice.below(size) + 1
    if kind == 1:
        for i in range(dice.below(size), size):
            buffer[i] = dice.below(256)
        return size
    for _ in range(1 + dice.below(4)):
        at = dice.below(8 * size)
        buffer[at >> 3] ^= 0x80 >> (at & 7)
    return size


def decode(schema, buffer, size, fragment, counts):
    counts.inputs += 1
    try:
        decoder = Decoder(schema, buffer, 0, size)
        decoder.open(fragment)
        while decoder.run(bounds.EVENTS_A_STEP):
            gc.collect()  # as the runtime does between its blocks; a heap that is filled first lies in pieces
        value = decoder.close()
        counts.decoded += 1
        return value, bounds.DECODED_BYTES - decoder._budget.left
    except ExiError:
        counts.refused += 1
        return None, 0


def measure(schema, body, fragment, counts):
    """Decode a body as it is; hold what its value takes of the heap against what was charged for it."""
    gc.collect()
    before = gc.mem_alloc()
    value, charged = decode(schema, body, len(body), fragment, counts)
    gc.collect()
    kept = gc.mem_alloc() - before
    if value is None:
        return
    counts.most_kept = max(counts.most_kept, kept)
    counts.most_charged = max(counts.most_charged, charged)
    counts.over += kept > charged


def load(table, loaded):
    """Return the schema of a table; the one before it goes, so that one at a time is in the heap."""
    sys.modules.pop("gridkeel.v2g.exi.tables." + loaded, None)
    gc.collect()
    return exi.Schema(__import__("gridkeel.v2g.exi.tables." + table, None, None, ("TABLE",)).TABLE)


def main(path, bodies, count, seed):
    counts, dice, loaded, schema = Counts(), Dice(seed), "", None
    buffer = bytearray(bounds.MESSAGE_BYTES)
    with open(path, "rb") as file:
        for _ in range(bodies):
            table = file.readline().decode().strip()
            fragment, high, low = file.read(3)
            body = file.read(high << 8 | low)
            if table != loaded:
                schema = None
                schema, loaded = load(table, loaded), table
            measure(schema, body, fragment, counts)
            for _ in range(count // bodies):
                buffer[: len(body)] = body
                decode(schema, buffer, damage(dice, buffer, len(body)), fragment, counts)
    gc.collect()
    for name in ("inputs", "decoded", "refused", "most_kept", "most_charged", "over"):
        print(name, getattr(counts, name))
    print("in_use", gc.mem_alloc())


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
