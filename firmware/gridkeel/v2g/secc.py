"""SECC of one connection: bytes of V2GTP in, bytes out, and a session between them.  Sans-IO."""

from gridkeel import TYPE_CHECKING, errors, ticks
from gridkeel.v2g import (
    exi,
    grammars,
    journal,
    load,  # noqa: F401 - what a session needs, in its order
    sap,
    sdp,
    state_table,
    v2gtp,
)
from gridkeel.v2g.events import Events
from gridkeel.v2g.iso2 import states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.clock import WallClock
    from gridkeel.evse.charger import Charger
    from gridkeel.params import Parameters
    from gridkeel.protocols import CertificateBackend
    from gridkeel.v2g.claim import Claim
    from gridkeel.v2g.credentials import Credentials

_MESSAGE = "V2G_Message"
_BEFORE = (states.PROTOCOL, states.SETUP)  # an EV that leaves now may come again: the charger waits as long as it does
_NO_SESSION = (states.PROTOCOL, states.SETUP, states.ENDED)
_WAIT_MS = 50  # how often, at least, whatever an answer waits for is looked at


class Secc:
    """One EV at a time; the buffers, a frame each way, are reserved here once.

    out: where answers are made. Whoever hands this very buffer to data_to_send finds the frame in it, uncopied, and
    has sent it before the next work.  request: the number of the one read last (states.py).

    charger: gridkeel.evse.charger.Charger (what a session asks of it: docs/iso15118.md).  credentials:
    gridkeel.v2g.credentials.Credentials.  parameters: gridkeel.params.Parameters.  clock: gridkeel.clock.WallClock.
    random(n): n bytes nobody can guess.  backend: fetches contract certificates, None where there is none.
    """

    def __init__(
        self,
        charger: "Charger",
        credentials: "Credentials",
        parameters: "Parameters",
        clock: "WallClock",
        random: "Callable[[int], bytes]",
        backend: "CertificateBackend | None" = None,
    ) -> None:
        self.closing = False
        self._events = Events()
        self.take_event = self._events.take  # the next one for log and telemetry
        self.out = bytearray(v2gtp.FRAME_MAX_BYTES)
        self._context = Context(charger, credentials, parameters, clock, random, backend, self._events.put, self.out)
        self._session = Session(self._context)
        self._receiver = v2gtp.Receiver()
        self._out_bytes = 0
        self._pending: "Generator[int | None, None, None] | None" = None  # makes the answer
        self._waiting = False
        self._connected = False
        self._received_ms = 0
        self._clock_ms = 0  # when the time for the next request began
        self._allowed_ms = 0
        self.request = 0
        self._logged = -1
        self._bytes_in = 0
        self._trailing = 0  # octets behind the document that was read last

    # --- the connection

    def connected(self, secured: bool, now_ms: int, agreed: bool = False) -> None:
        """An EV connected, over TLS where secured.  agreed: on the protocol too, by a granted claim (claim.py)."""
        self._receiver.clear()
        self._out_bytes = 0
        self._give_up()
        self._connected = True
        self.closing = False
        self._logged = -1
        self._bytes_in = 0
        self._context.set_now(now_ms)
        self._session.begin(secured)
        self._events.put(journal.KIND_CONNECTED, journal.TLS if secured else journal.TCP, journal.OTHER, 0)
        self._await(states.SETUP_TIMEOUT_MS, now_ms)
        if not secured and self._context.parameters.iso15118_tls == sdp.TLS_ONLY:
            self._close(journal.TLS_REQUIRED, now_ms)
        elif agreed:
            self._session.agreed()

    def disconnected(self, now_ms: int, reason: int = journal.CLOSED_BY_EV) -> None:
        """The connection is gone."""
        if self._connected:
            self._context.set_now(now_ms)
            self._session.end(reason, self._session.state not in _BEFORE)
        self._connected = False
        self.closing = False
        self._give_up()
        self._out_bytes = 0

    def receive(self, data: bytearray, n: int, now_ms: int) -> None:
        """Take n bytes of the stream."""
        if not self._connected or self.closing:
            return
        self._bytes_in += n
        if not self._receiver.put(data, n):
            self._close(journal.MESSAGE_OVERRUN, now_ms)
        elif self._pending is None:
            self._look(now_ms)

    def data_to_send(self, out: bytearray, now_ms: int) -> int:
        """Copy one whole frame into out and return its length, 0 where there is none; out: FRAME_MAX_BYTES or more."""
        n = self._out_bytes
        if n:
            if out is not self.out:
                out[:n] = memoryview(self.out)[:n]
            self._out_bytes = 0
            if not self.closing:
                self._look(now_ms)
        return n

    # --- the same EV over another connection

    @property
    def ongoing(self) -> bool:
        """Whether SessionSetupReq was answered, and the session is not over."""
        return self._connected and self._session.state not in _NO_SESSION

    def same(self, claim: "Claim", secured: bool) -> bool:
        """Return whether a claim is that of the EV in this session: its EVCCID and transport, and its session's id.

        Without an id only where the pilot, which nobody but the EV at the plug moves, says that it takes no power.
        """
        context = self._context
        if not self.ongoing or secured != context.secured or claim.evcc_id != context.evcc_id:
            return False
        if any(claim.session_id):
            return claim.session_id == context.session_id
        return not context.charger.wants_power

    def release(self, now_ms: int) -> None:
        """End this session such that its EV can join it over another connection, as it would a paused one."""
        context = self._context
        context.set_now(now_ms)
        if context.energy_mode:
            context.pause()
        self._session.end(journal.EV_RECONNECTED, False)

    # --- work and time

    def work(self, now_ms: int) -> bool:
        """Do one slice of the pending answer; return whether there is more to do at once."""
        if self._pending is None:
            return False
        self._context.set_now(now_ms)
        try:
            self._waiting = next(self._pending) is not None
        except StopIteration:
            self._pending = None
            return False
        except errors.ExiError:
            self._close(journal.MESSAGE_INVALID, now_ms)
        except RefusedError as refusal:
            self._close(refusal.reason, now_ms)
        except Exception:
            self._close(journal.INTERNAL_ERROR, now_ms)  # whoever drives this reports it; the charger is safe before
            raise
        return self._pending is not None and not self._waiting

    def deadline(self, now_ms: int) -> int:
        """Return the ms until on_deadline must be called, 0 for now, -1 for never.

        It must be called too when the vehicle was unplugged.  While an answer waits, so must `work`.
        """
        if not self._connected or self.closing:
            return -1
        if not self._context.charger.plugged:
            return 0
        if self._pending is not None:
            return _WAIT_MS if self._waiting else -1
        return max(0, self._allowed_ms - ticks.diff(now_ms, self._clock_ms))

    def on_deadline(self, now_ms: int) -> None:
        """Look at the clock of the next request, and at the plug."""
        if not self._connected or self.closing:
            return
        self._context.set_now(now_ms)
        if not self._context.charger.plugged:
            self._close(journal.UNPLUGGED, now_ms)
        elif self._pending is None and ticks.diff(now_ms, self._clock_ms) >= self._allowed_ms:
            self._close(journal.REQUEST_TIMEOUT, now_ms)

    @property
    def asked(self) -> bool:
        """Whether a whole request is here whose answer is still to be made."""
        return self._pending is not None

    @property
    def waiting(self) -> bool:
        """Whether an answer is being made that waits for the charger or the backend."""
        return self._pending is not None and self._waiting

    # --- inside

    def _await(self, allowed_ms, now_ms):
        self._clock_ms = now_ms
        self._allowed_ms = allowed_ms

    def _look(self, now_ms):
        if self._out_bytes:
            return  # the answer before is still to be taken
        found = self._receiver.state()
        if found == v2gtp.COMPLETE:
            self._received_ms = now_ms
            self._pending = self._answering()
            self._waiting = False
        elif found == v2gtp.BAD_HEADER:
            self._close(journal.FRAME_INVALID, now_ms)
        elif found == v2gtp.TOO_LONG:
            self._close(journal.MESSAGE_TOO_LONG, now_ms)

    def _answering(self):
        receiver = self._receiver
        first = self._session.state == states.PROTOCOL
        schema = grammars.sap() if first else grammars.iso2()
        behind: list = []
        name, value = yield from exi.decode_steps(
            schema, receiver.buffer, v2gtp.HEADER_BYTES, receiver.end, report=behind.append
        )
        self._trailing = sum(behind)
        if name != (sap.REQUEST if first else _MESSAGE):
            raise errors.ExiError("the root is %s" % name)
        if first:
            code, end = self._agree(value)
        else:
            code, end = yield from self._converse(value)
        v2gtp.header(self.out, v2gtp.EXI, end - v2gtp.HEADER_BYTES)
        receiver.drop()
        self._log(code)
        self._out_bytes = end

    def _agree(self, value):
        self.request = states.APP_PROTOCOL_REQ
        answer = sap.answer(value)
        if answer["ResponseCode"] == sap.FAILED:
            self._session.end(journal.PROTOCOL_UNKNOWN, True)
            self.closing = True
        else:
            self._session.agreed()
        return answer["ResponseCode"], exi.encode(grammars.sap(), sap.RESPONSE, answer, self.out, v2gtp.HEADER_BYTES)

    def _converse(self, message):
        body = message["Body"]
        name = next(iter(body)) if body else ""
        self.request = states.number_of(name)
        receiver = self._receiver
        document = memoryview(receiver.buffer)[v2gtp.HEADER_BYTES : receiver.end - self._trailing]
        response_name, response = yield from self._session.answer(
            self.request, name, body.get(name), message["Header"], document
        )
        self.closing = self._session.state == states.ENDED
        self._await(states.SEQUENCE_TIMEOUT_MS, self._context.now_ms)
        if isinstance(response, memoryview):  # the backend's answer, which is in out already
            return "", v2gtp.HEADER_BYTES + len(response)
        header = {"SessionID": self._context.session_id}
        value = {"Header": header, "Body": {response_name: response}}
        end = yield from exi.encode_steps(grammars.iso2(), _MESSAGE, value, self.out, v2gtp.HEADER_BYTES)
        return response["ResponseCode"], end

    def _log(self, code):
        took_ms = self._context.since(self._received_ms)
        request = self.request
        subject = journal.REQUESTS + request
        at = state_table.row_of(states.ROWS, request)
        if took_ms > states.ROWS[at + state_table.PERFORMANCE] * state_table.TIME_UNIT_MS:
            self._events.put(journal.KIND_LATE, subject, journal.OTHER, took_ms)
        if states.ROWS[at + state_table.LOGGED] == state_table.EACH or request != self._logged:
            self._events.put(journal.KIND_MESSAGE, subject, journal.response_code(code), took_ms)
        if self._trailing and self._context.first(journal.KIND_TRAILING):
            self._events.put(journal.KIND_TRAILING, subject, journal.OTHER, self._trailing)
        self._logged = request

    def _give_up(self):
        """Make the answer no further that is being made; what a backend still sends of it has no room any more."""
        self._pending = None
        if self._context.backend is not None:
            self._context.backend.lose()

    def _close(self, reason, now_ms):
        self._context.set_now(now_ms)
        self._give_up()
        self._events.put(journal.KIND_CLOSED, reason, journal.OTHER, self._bytes_in)
        self._session.end(reason, self._session.state not in _BEFORE)
        self.closing = True
