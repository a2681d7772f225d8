"""Random bytes, bits and numbers that are the same in every run, on every interpreter."""

# Numbers that arithmetic of 256 bits is tried on.
EXTREMES = (0, 1, 2, 3, (1 << 16) - 1, 1 << 16, (1 << 32) - 1, 1 << 32, 1 << 128, 1 << 255)


class RepeatableRandom:
    """A linear congruential generator; called with n it gives n bytes, as a board's random source does."""

    def __init__(self, seed=1):
        self._state = seed

    def __call__(self, n):
        out = bytearray(n)
        for k in range(n):
            out[k] = self._turn() >> 16 & 0xFF
        return bytes(out)

    def bits(self, n):
        """Return n random bits, n <= 15."""
        return self._turn() >> 15 & (1 << n) - 1

    def below(self, most):
        """Return a number of up to 256 bits below `most`."""
        value = 0
        for _ in range(18):
            value = value << 15 | self._turn() >> 15
        return value % most

    def _turn(self):
        self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
        return self._state
