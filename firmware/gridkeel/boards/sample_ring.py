"""Where the blocks of a ring of samples stand that hardware fills: which block is whole, and how many were lost.

The ring holds whole blocks, so none wraps; hardware counts how much of the ring it still has to fill. A reader that was
kept away for longer than the ring lasts is told so by the clock: the counter alone would not show it.
"""

from gridkeel import ticks

HELD_MS = 160  # of samples: storing a file erases two blocks of flash, which a chip waits 45 ms for, each
OVERSAMPLED = 4  # readings of the ADC to a sample


def blocks_held(block_ms: int) -> int:
    """Return how many blocks of that length a ring holds."""
    return -(-HELD_MS // block_ms)


class RingReader:
    """at: the block to read next, of `blocks`; each lasts block_us.  Allocates: nothing after construction."""

    def __init__(self, block_us: int, blocks: int, now_us: int) -> None:
        self.at = 0
        self._blocks = blocks
        self._block_us = block_us
        self._last_us = now_us  # when block `at` began, or a little later

    def lost(self, filling: int, now_us: int) -> int:
        """Return -1 where block `at` is not whole yet, else how many blocks were written over before it.

        filling: the block that the hardware writes now.  Where blocks were lost, `at` becomes the newest whole one.
        """
        blocks = self._blocks
        whole = (filling - self.at) % blocks
        passed = ticks.diff(now_us, self._last_us) // self._block_us
        # As many whole blocks as the counter says, and as many rounds of the ring as the clock says.
        whole += (passed - whole + blocks // 2) // blocks * blocks
        if whole <= 0:
            return -1
        if whole < blocks:
            return 0
        self.at = (filling - 1) % blocks
        self._last_us = ticks.sub(now_us, self._block_us)
        return whole - 1

    def done(self, now_us: int) -> None:
        """Go on to the next block."""
        self.at = (self.at + 1) % self._blocks
        self._last_us = ticks.add(self._last_us, self._block_us)
        # The clock may run a little ahead of the samples' or behind: it is set right where nothing waits.
        if ticks.diff(now_us, self._last_us) < self._block_us:
            self._last_us = now_us
