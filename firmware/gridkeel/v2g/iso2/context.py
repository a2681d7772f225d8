"""What the phases of one session share: plain data, no protocol of its own."""

from gridkeel import TYPE_CHECKING, ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridkeel.clock import WallClock
    from gridkeel.evse.charger import Charger
    from gridkeel.params import Parameters
    from gridkeel.protocols import CertificateBackend
    from gridkeel.v2g.credentials import Credentials


class Paused:
    """A session that stopped with Pause: what it keeps when it is resumed ([V2G2-741] ff.)."""

    def __init__(self, context: "Context") -> None:
        self.session_id = context.session_id
        self.secured = context.secured
        self.payment = context.payment
        self.energy_mode = context.energy_mode
        self.tuple_id = context.tuple_id
        self.plug_number = context.charger.plug_number


class Context:
    """The facts of the running session, and the one that is paused.

    charger: gridkeel.evse.charger.Charger.  credentials: gridkeel.v2g.credentials.Credentials.
    clock: gridkeel.clock.WallClock.  random(n): n bytes nobody can guess.  backend: what fetches contract
    certificates, None where there is none.  log(kind, subject, detail, number): takes an entry of the log, as
    journal.py numbers them.  scratch: the frame that the answer will stand in; free until then, for fragments, and for
    what a backend answers.
    """

    joined: "Paused | None"
    contract_key: "bytes | None"
    first_limits: "tuple[float, float, float]"
    limits: "list[float]"
    meter_sent: "dict | None"

    # charger.authorized
    WAITING = 0
    GRANTED = 1
    REFUSED = 2

    def __init__(
        self,
        charger: "Charger",
        credentials: "Credentials",
        parameters: "Parameters",
        clock: "WallClock",
        random: "Callable[[int], bytes]",
        backend: "CertificateBackend | None",
        log: "Callable[[int, int, int, int], None]",
        scratch: bytearray,
    ) -> None:
        self.charger = charger
        self.credentials = credentials
        self.parameters = parameters
        self.clock = clock
        self.random = random
        self.backend = backend
        self.log = log
        self.scratch = scratch
        self.now_ms = 0
        self.session_id = bytes(8)
        self.paused: "Paused | None" = None
        self.last_id = bytes(8)
        self.forget(False)

    def forget(self, secured: bool) -> None:
        """Begin from nothing on a new connection."""
        self.secured = secured
        self.session_id = bytes(8)
        self.evcc_id = b""
        self.joined = None  # what a resumed session must keep to
        self.payment = ""
        self.certificate_service = False
        self.energy_mode = ""
        self.is_dc = self.charger.dc
        self.contract_key = None
        self.challenge = b""
        self.offer: "tuple[tuple[int, int], ...]" = ()  # ((start_s, power_w), ...)
        self.offer_end_s = 0
        self.tuple_id = 1
        self.first_limits = (
            0,
            0,
            0,
        )  # of a DC EV, as it sent them first: W, None where it sent none, V, A
        self.limits = [0, 0, 0]  # the same in force: the charge loop may make them smaller
        self.logged: "tuple[int, ...]" = ()  # what is logged once a connection and was
        self.schedule_number = 0
        self.negotiated = False  # an offer was made that no PowerDelivery Start has taken up
        self.started = False
        self.stopping = False
        self.failed = False
        self.meter_sent = None
        self.request_exi: memoryview = None  # memoryview: the request under way, as it came
        self.stop_since_ms: int = None  # when the EV was first told to stop
        self.since_ms: int = None  # when the phase that may take several requests began

    def set_now(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def pause(self) -> None:
        """Keep what this session has, for its EV to join it."""
        self.paused = Paused(self)

    def first(self, subject: int) -> bool:
        """Return whether this was not asked yet on the connection: of what is logged once."""
        if subject in self.logged:
            return False
        self.logged += (subject,)
        return True

    def unix_s(self) -> "int | None":
        """Return the time of day, None where it was never told."""
        return self.clock.unix_s(self.now_ms)

    def since(self, begun_ms: int) -> int:
        """Return how long ago begun_ms was."""
        return ticks.diff(self.now_ms, begun_ms)
