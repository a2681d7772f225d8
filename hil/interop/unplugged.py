"""Time that a connector stays empty before the next vehicle: the contactor takes it for another one then."""

from gridkeel.evse.times import REPLUG_MS

UNPLUGGED_S = REPLUG_MS / 1000 + 0.5
