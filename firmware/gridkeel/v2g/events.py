"""What a session tells the log: a short ring of (kind, subject, detail, number), the oldest dropped first."""

# kind         subject              detail                     number
# "connected"  "tls" or "tcp"
# "session"    new, joined, paused, stopped, ended   EVCC id or reason
# "message"    the request          its response code          ms from request to response
# "late"       the request                                     ms it took, over the performance time
# "refused"    the request          the FAILED code
# "certificate" the profile         ok, or what is wrong       ms
# "signature"  the element          ok, or what is wrong       ms
# "contract"   accepted             eMAID
# "backend"    the request          answered                   ms
# "delivery"   started, stopped, renegotiation   energy transfer mode   ms until the contactor had moved
# "delivery"   the charging profile passes the offer           W it was cut by at most
# "delivery"   a wish out of range, EVTargetVoltage or EVTargetCurrent   what was asked, V or A; once a session
# "delivery"   the car reports, its error                      in the charge loop
# "trailing"   the request, once a connection                  octets behind its EXI document, which were passed over
# "closed"     why the connection is closed from here          bytes received
EVENTS_MAX = 32


class Events:
    """A bounded queue; `dropped` counts what was never taken."""

    def __init__(self):
        self.dropped = 0
        self._queue = []

    def put(self, kind, subject, detail, number):
        """Append one event."""
        if len(self._queue) == EVENTS_MAX:
            self._queue.pop(0)
            self.dropped += 1
        self._queue.append((kind, subject, detail, number))

    def take(self):
        """Return the oldest event, None where there is none."""
        return self._queue.pop(0) if self._queue else None
