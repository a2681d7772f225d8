"""A traction battery as an energy store: what it holds, what it still takes, and nothing about electrochemistry."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.errors import ToolError

JOULE_PER_WH = 3600.0
_FULL_J = 1e-3  # room smaller than this is rounding, not room


@dataclass(frozen=True, slots=True)
class BatteryConfig:
    """Data of one pack; SoC counts what the aged pack can hold, as model 713 does (WHAvail = WHRtg * SoC * SoH).

    empty_v, full_v: its voltage at rest, a straight line between them; 0 where nobody measures it.
    """

    capacity_wh: float = 40000.0
    soc_pct: float = 62.0
    soh_pct: float = 96.0
    soc_taper_pct: float = 90.0
    taper_floor_pct: float = 5.0
    empty_v: float = 0.0
    full_v: float = 0.0

    def __post_init__(self):
        for name, low, high in (
            ("capacity_wh", 1.0, 1e9),
            ("soc_pct", 0.0, 100.0),
            ("soh_pct", 1.0, 100.0),
            ("soc_taper_pct", 0.0, 99.9),
            ("taper_floor_pct", 1.0, 100.0),
            ("empty_v", 0.0, 1500.0),
            ("full_v", 0.0, 1500.0),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ToolError(f"battery.{name} = {value} is outside {low:g}..{high:g}")
        if self.full_v and not 0.0 < self.empty_v < self.full_v:
            raise ToolError(f"battery.empty_v = {self.empty_v} is not between 0 and full_v = {self.full_v}")


class Tally:
    """A running sum that keeps what float addition drops (Neumaier), so that a week of 10 ms steps still adds up."""

    __slots__ = ("_lost", "_sum")

    def __init__(self, start: float = 0.0):
        self._sum = start
        self._lost = 0.0

    @property
    def value(self) -> float:
        """The sum so far."""
        return self._sum + self._lost

    def add(self, amount: float) -> None:
        """Add one amount."""
        total = self._sum + amount
        if abs(self._sum) >= abs(amount):
            self._lost += (self._sum - total) + amount
        else:
            self._lost += (amount - total) + self._sum
        self._sum = total


class Battery:
    """The pack's energy between empty and full; whoever moves energy first asks `room_j` and `stored_j`."""

    def __init__(self, config: BatteryConfig):
        self.config = config
        self.usable_wh = config.capacity_wh * config.soh_pct / 100.0
        self._full_j = self.usable_wh * JOULE_PER_WH
        self._energy_j = Tally(self._full_j * config.soc_pct / 100.0)

    @property
    def energy_wh(self) -> float:
        """Energy held now."""
        return self._energy_j.value / JOULE_PER_WH

    @property
    def soc_pct(self) -> float:
        """State of charge of what the aged pack can hold, 0..100."""
        return min(100.0, max(0.0, 100.0 * self._energy_j.value / self._full_j))

    def room_j(self) -> float:
        """Energy it still takes."""
        room = self._full_j - self._energy_j.value
        return room if room > _FULL_J else 0.0

    def stored_j(self, reserve_pct: float = 0.0) -> float:
        """Energy it still gives above a reserve."""
        stored = self._energy_j.value - self._full_j * reserve_pct / 100.0
        return stored if stored > _FULL_J else 0.0

    def charge_share(self) -> float:
        """Share of the charge rating it takes now: 1 up to the taper, then falling in a line to the floor."""
        soc, knee = self.soc_pct, self.config.soc_taper_pct
        if soc <= knee:
            return 1.0
        return max(self.config.taper_floor_pct / 100.0, (100.0 - soc) / (100.0 - knee))

    def add_j(self, energy_j: float) -> None:
        """Put energy in, or take it out where negative."""
        self._energy_j.add(energy_j)
