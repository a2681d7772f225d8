"""The analogue front end and its converter: mains volts in, counts left-aligned to 16 bits out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from host_tools.errors import ToolError


@dataclass(frozen=True)
class Adc:
    """A converter of `bits` behind a divider: one 16-bit count is `uv` microvolts of mains.

    offset_counts: zero error, in 16-bit counts.  clip_counts: where the amplifier before the converter saturates,
    to either side; 32768 leaves the converter's own range as the only limit.
    """

    bits: int = 12
    uv: int = 16000
    offset_counts: float = 0.0
    clip_counts: int = 32768

    def __post_init__(self) -> None:
        if not 4 <= self.bits <= 16:
            raise ToolError(f"adc_bits = {self.bits} is outside 4..16")
        if self.uv <= 0:
            raise ToolError(f"adc_uv = {self.uv} is not above zero")
        if not 1 <= self.clip_counts <= 32768:
            raise ToolError(f"clip_counts = {self.clip_counts} is outside 1..32768")

    @property
    def step_counts(self) -> int:
        """One step of the converter in left-aligned counts."""
        return 1 << (16 - self.bits)

    def convert(self, volts: NDArray[np.float64]) -> NDArray[np.int16]:
        """Return what the converter reads: saturated, rounded to its step, held inside its range."""
        counts = volts * (1e6 / self.uv) + self.offset_counts
        np.clip(counts, -self.clip_counts, self.clip_counts, out=counts)
        counts /= self.step_counts
        np.rint(counts, out=counts)
        half = 1 << (self.bits - 1)
        np.clip(counts, -half, half - 1, out=counts)
        counts *= self.step_counts
        return counts.astype(np.int16)
