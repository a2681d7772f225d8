"""Room for names: MicroPython keeps those of a whole program in tables, each twice as large as the one before.

What serves a car brings the 64-bit port to some 2,490 of 2,540 names; the next table is 28 kB. A heap that has run for
a while may not have that in one piece when a session brings the last few (single letters, mostly), so the table is made
at start. Firmware that is frozen into a board has its names elsewhere.
"""

SPARE = 100


def grow():
    """Say names that nobody uses, until a new table has begun."""
    for number in range(SPARE):
        getattr(None, "_%d" % number, None)
