"""Spreads what many controllers would do at one instant, by a hash of each one's identity."""

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.params import Parameters

SHARES = 1024


class Spread:
    """One controller's place in every window: the same after each start, evenly spread over many identities."""

    def __init__(self, parameters: "Parameters", identity: bytes = b"") -> None:
        """identity: bytes; without one the place is the window's beginning."""
        self._p = parameters
        self.share = share_of(identity) if identity else 0

    def of(self, window_ms: int) -> int:
        """Return this controller's offset in 0..window_ms - 1, 0 where `stagger` is off.  Allocates: nothing."""
        if not self._p.stagger:
            return 0
        # share < 2**10 and window_ms < 2**22: taken in two parts, both products stay under 2**30.
        return (window_ms >> 10) * self.share + ((window_ms & 1023) * self.share >> 10)


def share_of(identity: bytes) -> int:
    """Return the place of an identity among SHARES: FNV-1a, folded, for neighbours differ in their last bits only."""
    value = 0x811C9DC5
    for byte in identity:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    value ^= value >> 15
    value = value * 0x2C1B3C6D & 0xFFFFFFFF
    return (value ^ value >> 17) & (SHARES - 1)
