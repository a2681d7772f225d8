"""Numbers that arithmetic of 256 bits is tried on: extremes, and noise that is the same in every run."""

EXTREMES = (0, 1, 2, 3, (1 << 16) - 1, 1 << 16, (1 << 32) - 1, 1 << 32, 1 << 128, 1 << 255)


class Noise:
    """Numbers of 256 bits, the same in every run."""

    def __init__(self):
        self._state = 1

    def next(self, below):
        value = 0
        for _ in range(18):
            self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
            value = value << 15 | self._state >> 15
        return value % below
