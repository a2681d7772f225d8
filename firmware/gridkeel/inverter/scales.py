"""Scale factors, and the rating that percentages refer to, read again while the inverter is driven: some move them.

One short read a model, each of another length than every other read, so that no late answer is taken for it.
"""

from gridkeel.inverter import sunspec

# model, first register and number of them, those that count
_ROWS = (
    (sunspec.DER_MEASURE, 116, 7, (116, 119, 122)),  # W_SF, Var_SF, Tmp_SF
    (sunspec.DER_CONTROL, 55, 3, (55, 57)),  # WSet_SF, VarSet_SF
    (sunspec.IMMEDIATE, 24, 2, (25,)),  # VArPct_SF
    (sunspec.STORAGE, 2, 24, (2, 18, 22, 25)),  # WChaMax and its scale factor, ChaState_SF, InOutWRte_SF
)


class Scales:
    """What to read next (address, count).  Allocates: nothing."""

    def __init__(self):
        self.address = 0
        self.count = 0
        self._row = 0

    def start(self):
        """Begin a round."""
        self._row = 0

    def next(self, found):
        """Point at the next model that discovery found; return False where the round is over."""
        while self._row < len(_ROWS):
            row = _ROWS[self._row]
            at = found.address_of(row[0])
            if at >= 0:
                self.address = at + row[1]
                self.count = row[2]
                return True
            self._row += 1
        return False

    def skip(self):
        """The inverter refuses this read: what discovery found stands."""
        self._row += 1

    def take(self, master, found):
        """Keep what an answer says, and go on to the next model; return whether anything moved."""
        row = _ROWS[self._row]
        self._row += 1
        moved = False
        for i in range(len(row[3])):
            offset = row[3][i]
            moved = found.keep(row[0], offset, master.register(offset - row[1])) or moved
        return moved
