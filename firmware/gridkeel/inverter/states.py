"""The driver's state machine: one table, a row a state, a column an event."""

from gridkeel.inverter import DRIVING, READY, SEARCHING, SILENT, UNSUITED

HEARD = 0  # a valid frame of the inverter
FOUND = 1  # its models are known and fit
LACKING = 2  # they do not
HOLDS = 3  # a reading shows our zero and our reversion timer in it
SILENCE = 4
INCOMPLETE = 5  # there is more of its map than was found
LOSES = 6  # a reading shows that it does not keep them

NEXT = (
    # heard, found, lacking, holds, silence, incomplete, loses
    (SEARCHING, READY, UNSUITED, SEARCHING, SILENT, SEARCHING, SEARCHING),  # SEARCHING
    (READY, READY, UNSUITED, DRIVING, SILENT, SEARCHING, READY),  # READY
    (DRIVING, DRIVING, UNSUITED, DRIVING, SILENT, SEARCHING, READY),  # DRIVING
    (SEARCHING, READY, UNSUITED, SILENT, SILENT, SEARCHING, SILENT),  # SILENT
    (UNSUITED, READY, UNSUITED, UNSUITED, SILENT, SEARCHING, UNSUITED),  # UNSUITED
)
