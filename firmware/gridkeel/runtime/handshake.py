"""What a session with a car cost: time of each phase, checks and signatures, bytes, and what the control loop felt.

One HANDSHAKE record a session, one V2G record an event of its log; docs/link-protocol.md has the fields.
"""

import gc

from gridkeel import ticks
from gridkeel.link import ids
from gridkeel.v2g import journal

# The phase that a request's time is counted in, as an index into the HANDSHAKE record; the time of a phase is that of
# all its answers, but of LOOP it is the longest one.
PHASES = {
    "supportedAppProtocolReq": 6,
    "SessionSetupReq": 7,
    "ServiceDiscoveryReq": 8,
    "ServiceDetailReq": 8,
    "PaymentServiceSelectionReq": 8,
    "CertificateInstallationReq": 9,
    "CertificateUpdateReq": 9,
    "PaymentDetailsReq": 10,
    "AuthorizationReq": 11,
    "ChargeParameterDiscoveryReq": 12,
    "CableCheckReq": 13,
    "PreChargeReq": 14,
    "PowerDeliveryReq": 15,
    "ChargingStatusReq": 16,
    "CurrentDemandReq": 16,
    "MeteringReceiptReq": 17,
    "WeldingDetectionReq": 18,
    "SessionStopReq": 18,
}
LOOP = 16

UPTIME = 0
SESSION = 1
SECURED = 2
CONTRACT = 3
END = 4
TLS_US = 5
WORK_US = 19
SLICE_US = 20
CHECKS = 21
CHECKS_MS = 22
SIGNATURES = 23
SIGNATURES_MS = 24
BYTES_IN = 25
BYTES_OUT = 26
GAP_US = 27
HEAP_USED = 28
FIELDS = 29


class Report:
    """Collects one session at a time.

    board: ticks_us(), probes_heap.  link: gridkeel.link.device.DeviceLink.  health: gridkeel.runtime.health.Health.
    """

    def __init__(self, board, link, health):
        self._board = board
        self._link = link
        self._health = health
        self._probes_heap = board.probes_heap
        self._row = [0] * FIELDS
        self._session = 0
        self._asked_us = 0
        self._asked = False
        self._worked_us = 0

    def begin(self, connection):
        """A car connected."""
        self._session = (self._session + 1) & 0xFFFF
        row = self._row
        for i in range(FIELDS):
            row[i] = 0
        row[SESSION] = self._session
        row[SECURED] = 1 if connection.secured else 0
        self._asked = False
        self._health.begin_session()

    def agreed(self, took_us, sound):
        """The TLS handshake is over."""
        self._row[TLS_US] = took_us
        if not sound:
            self._row[END] = journal.word("tls")
            self.log("tls_failed", "tls", "", took_us // 1000)

    def asked(self):
        """Bytes of a request came in."""
        if not self._asked:
            self._asked = True
            self._asked_us = self._board.ticks_us()

    def worked(self, begun_us):
        """A turn of work, of one slice or several small ones, that began at begun_us is done."""
        took_us = ticks.diff(self._board.ticks_us(), begun_us)
        row = self._row
        row[WORK_US] += took_us
        if took_us > row[SLICE_US]:
            row[SLICE_US] = took_us
        if self._probes_heap:
            self._probe()

    def answered(self, request):
        """The response to a request was handed to the network."""
        took_us = ticks.diff(self._board.ticks_us(), self._asked_us)
        self._asked = False
        at = PHASES.get(request)
        if at == LOOP:
            self._row[at] = max(took_us, self._row[at])
        elif at is not None:
            self._row[at] += took_us

    def event(self, event):
        """Take one event of the session: (kind, subject, detail, number)."""
        kind, subject, detail, number = event
        row = self._row
        if kind == "certificate":
            row[CHECKS] += 1
            row[CHECKS_MS] += number
        elif kind == "signature":
            row[SIGNATURES] += 1
            row[SIGNATURES_MS] += number
        elif kind == "contract":
            row[CONTRACT] = 1
        elif kind == "session" and not row[END] and subject in ("paused", "stopped", "ended"):
            row[END] = journal.word(subject)
        self.log(kind, subject, detail, number)

    def end(self, connection):
        """The connection is closed: post the record."""
        row = self._row
        row[UPTIME] = self._health.uptime_ms
        row[BYTES_IN] = connection.bytes_in
        row[BYTES_OUT] = connection.bytes_out
        row[GAP_US] = self._health.session_gap_us
        self._link.post(ids.HANDSHAKE, row)

    def log(self, kind, subject, detail, number):
        """Post one entry of the log."""
        words = (journal.kind(kind), journal.word(subject), journal.word(detail), number)
        self._link.post(ids.V2G, (self._health.uptime_ms, self._session) + words)

    def _probe(self):
        # What is in use only shows once the garbage is gone; collecting this often is for measuring alone.
        gc.collect()
        used = gc.mem_alloc()
        if used > self._row[HEAP_USED]:
            self._row[HEAP_USED] = used
