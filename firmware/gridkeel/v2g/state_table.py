"""Interpreter of a protocol's state table: constant bytes, one row for each (state, request, condition of the answer).

A row is ROW_BYTES bytes, in the order of the columns below; rows of one state and request are together. A request
that a state does not list is out of order there.
"""

from gridkeel.errors import ProtocolError

# columns
STATE = 0
REQUEST = 1
CONDITION = 2  # of the answer, as its phase returns it
NEXT = 3  # state after that answer
PERFORMANCE = 4  # within which this side answers, in TIME_UNIT_MS
TIMEOUT = 5  # after which the other side gives up, in TIME_UNIT_MS
PHASE = 6  # of the session, in which the request's time is counted
LOGGED = 7  # EACH or ONCE
ROW_BYTES = 8

TIME_UNIT_MS = 25

# whether each answer to a request is logged, or the first of a run of them
EACH = 0
ONCE = 1


def find(rows: bytes, state: int, request: int) -> int:
    """Return where the first row of a state and request begins, -1 where the state does not list the request."""
    for at in range(0, len(rows), ROW_BYTES):
        if rows[at] == state and rows[at + REQUEST] == request:
            return at
    return -1


def next_state(rows: bytes, state: int, request: int, condition: int) -> int:
    """Return the state after an answer.  Errors: ProtocolError where the table has no such row."""
    for at in range(0, len(rows), ROW_BYTES):
        if rows[at] == state and rows[at + REQUEST] == request and rows[at + CONDITION] == condition:
            return rows[at + NEXT]
    raise ProtocolError("state %d, request %d: no condition %d" % (state, request, condition))


def row_of(rows: bytes, request: int) -> int:
    """Return where a row of a request begins, -1 where there is none; times and phase are the same in all of them."""
    for at in range(0, len(rows), ROW_BYTES):
        if rows[at + REQUEST] == request:
            return at
    return -1
