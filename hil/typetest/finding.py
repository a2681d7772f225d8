"""One line of a type test: clause, stimulus, band, measured value, verdict."""

from __future__ import annotations

from dataclasses import dataclass

PASS, FAIL, OPEN, NOT_OFFERED = "pass", "fail", "open", "not offered"


@dataclass(frozen=True)
class Finding:
    """low..high: the band, measurement accuracy included; None: no bound on that side, or nothing was measured.

    open: the figure behind the band is not confirmed by a public source: inside the band is then `open`, not `pass`.
    house: a limit of this project's own, tighter than the standard's.
    """

    clause: str
    what: str
    stimulus: str
    unit: str
    measured: float | None
    low: float | None = None
    high: float | None = None
    open: bool = False
    house: bool = False
    offered: bool = True

    @property
    def verdict(self) -> str:
        if not self.offered:
            return NOT_OFFERED
        inside = self.measured is not None
        if self.measured is not None:
            inside = (self.low is None or self.measured >= self.low) and (
                self.high is None or self.measured <= self.high
            )
        if not inside:
            return FAIL
        return OPEN if self.open else PASS

    @property
    def band(self) -> str:
        """The band in words."""
        if not self.offered:
            return "–"
        if self.low is None and self.high is None:
            return "–"
        if self.low is None:
            return f"≤ {self.high:.4g}"
        if self.high is None:
            return f"≥ {self.low:.4g}"
        return f"{self.low:.4g}..{self.high:.4g}"
