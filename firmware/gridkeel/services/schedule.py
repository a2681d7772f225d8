"""A price plan, sent beforehand and followed on the device: charge where power is cheap, discharge where it is dear."""

from array import array

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridkeel.params import Parameters

SLOTS_MAX = 96  # a day of quarter hours
SLOT_MIN_S = 60
SLOT_MAX_S = 3600  # 96 of them are 3.5 * 10**8 ms: half the span of a tick
START_MAX_S = 86400
PRICES_A_MESSAGE = 6


class Plan:
    """power_w while `alive`; prices in 0.1 currency units a MWh, -32768..32767.

    revision counts up whenever another plan, or none, rules or comes.
    A plan rules once every slot of it has come, from its start to its end; a new `begin` ends the old plan.
    """

    def __init__(self, parameters: "Parameters") -> None:
        self._p = parameters
        self.alive = False
        self.power_w = 0
        self.revision = 0
        self._prices = array("h", [0] * SLOTS_MAX)
        self._known = bytearray(SLOTS_MAX)
        self._number = -1
        self.slots = 0
        self._missing = 0
        self._slot_ms = 0
        self._begin_ms = 0
        self._charge_to = 0
        self._discharge_from = 0

    def begin(
        self, number: int, slot_s: int, slots: int, start_in_s: int, charge_to: int, discharge_from: int, now_ms: int
    ) -> bool:
        """Announce plan `number` (0..255) of slots 1..96, slot_s each, from start_in_s (negative: it runs already).

        A price of charge_to or less charges, of discharge_from or more discharges.  Return False, and nothing is
        changed, where a figure is out of range.
        """
        if not 0 < slots <= SLOTS_MAX or not SLOT_MIN_S <= slot_s <= SLOT_MAX_S or charge_to >= discharge_from:
            return False
        if not -START_MAX_S <= start_in_s <= START_MAX_S:
            return False
        self.alive = False
        self._revise()
        self._number = number
        self.slots = self._missing = slots
        for k in range(SLOTS_MAX):
            self._known[k] = 0
        self._slot_ms = slot_s * 1000
        self._begin_ms = (now_ms + start_in_s * 1000) & ticks.MASK
        self._charge_to = charge_to
        self._discharge_from = discharge_from
        return True

    def put(self, number: int, first: int, prices: "Sequence[int]") -> bool:
        """Take the prices of slots first, first + 1 ...; what lies past the plan is padding.

        Return False, and nothing is changed, where the plan has no such slot, or is not the one announced last: a
        message that overtook its plan's announcement must not end up in the plan before.
        """
        if number != self._number or not 0 <= first < self.slots:
            return False
        for price in prices:
            if first < self.slots:
                self._prices[first] = price
                if not self._known[first]:
                    self._known[first] = 1
                    self._missing -= 1
                    if not self._missing:
                        self._revise()
            first += 1
        return True

    def update(self, now_ms: int) -> bool:
        """Return whether the plan rules now."""
        if not self.slots or self._missing:
            return False
        since_ms = ticks.diff(now_ms, self._begin_ms)
        if since_ms >= self.slots * self._slot_ms:
            self.slots = 0
            self.alive = False
            self._revise()
        elif since_ms >= 0:
            self.alive = True
            self.power_w = self._power_of(self._prices[since_ms // self._slot_ms])
        return self.alive

    def upcoming(self, now_ms: int, otherwise_w: int) -> "tuple[tuple[int, int], ...]":
        """Return ((start_s, power_w), ...) from now, powers into the vehicle, () where no plan rules or comes.

        otherwise_w: what may flow before the plan begins.  Allocates.
        """
        if not self.slots or self._missing:
            return ()
        since_ms = ticks.diff(now_ms, self._begin_ms)
        entries = [(0, otherwise_w)] if since_ms < 0 else []
        for slot in range(max(since_ms, 0) // self._slot_ms, self.slots):
            start_s = max(0, slot * self._slot_ms - since_ms) // 1000
            power_w = max(0, self._power_of(self._prices[slot]))
            if not entries or entries[-1][1] != power_w:
                entries.append((start_s, power_w))
        return tuple(entries)

    def _revise(self):
        self.revision = (self.revision + 1) & 0xFFFF

    def _power_of(self, price):
        if price <= self._charge_to:
            return self._p.plan_charge_w
        if price >= self._discharge_from:
            return -self._p.plan_discharge_w
        return 0
