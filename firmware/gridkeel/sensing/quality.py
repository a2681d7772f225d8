"""Quality bits of an estimate; the host reads them in telemetry's `quality`."""

WARM_UP_SHORT = 1
WARM_UP_LONG = 2
LOW_VOLTAGE = 4
CLIPPED = 8
BLOCK_LOST = 16
OUT_OF_RANGE = 32
TRANSIENT = 64  # in telemetry alone: droop goes by the short window, which has left the long one
PHASE_JUMP = 128  # the phase jumped: the estimate is held at what was before, for two cycles and a half
NO_VOLTAGE = 256  # the front end sees edges only: the voltages say "there" or "gone", nothing between
WARM_UP_REPORT = 512  # in telemetry alone: the report's window is not full, its figures are the ten-cycle ones

# With any of these set neither window holds a frequency.
UNUSABLE = WARM_UP_SHORT | LOW_VOLTAGE | OUT_OF_RANGE
