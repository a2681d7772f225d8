"""The driver's state machine: one table, a row a state, a column an event."""

from gridkeel.inverter import DRIVING, READY, SEARCHING, SILENT, UNSUITED

HEARD = 0  # a valid frame of the inverter
FOUND = 1  # its models are known and fit
LACKING = 2  # they do not
HOLDS = 3  # a reading shows our zero and our reversion timer in it
SILENCE = 4
LOSES = 5  # a reading shows that it does not keep them

NEXT = (
    # heard, found, lacking, holds, silence, loses
    (SEARCHING, READY, UNSUITED, SEARCHING, SILENT, SEARCHING),  # SEARCHING
    (READY, READY, UNSUITED, DRIVING, SILENT, READY),  # READY
    (DRIVING, DRIVING, UNSUITED, DRIVING, SILENT, READY),  # DRIVING
    (SEARCHING, READY, UNSUITED, SILENT, SILENT, SILENT),  # SILENT
    (UNSUITED, READY, UNSUITED, UNSUITED, SILENT, UNSUITED),  # UNSUITED
)
