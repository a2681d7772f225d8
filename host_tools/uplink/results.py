"""Commands in, answers out: every command that was taken is answered, and no more are taken than can be."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from host_tools.mqtt.session import Session
from host_tools.uplink.command import Answer, Request, request_of
from host_tools.uplink.inflight import Flight
from host_tools.uplink.presence_schedule import Member

INBOUND = 64  # commands the broker may send ahead of our acknowledgement
_WAITING_MAX = 512  # answers; with so many, commands are not acknowledged, and the broker holds the next ones back
# Where nothing holds the sender back (QoS 0, or a broker that sends on without acknowledgements, as rumqttd does) so
# many answers may wait, some 20 MB; what comes beyond is neither carried out nor answered, and counted.
_WAITING_MOST = 20_000


class Answers:
    """Every command that is carried out is answered: more than can be answered are not let in.

    on_request: takes a command.  tell: takes a line for the user, said once.  on_due: called when an answer waits.
    """

    def __init__(
        self, on_request: Callable[[Request], None], tell: Callable[[str], None], on_due: Callable[[], None]
    ) -> None:
        self.unanswered = 0  # commands whose answer nobody gets
        self._on_request = on_request
        self._tell = tell
        self._on_due = on_due
        self._waiting: deque[Answer] = deque()
        self._flying = 0
        self._session: Session | None = None
        self._unacknowledged: deque[aiomqtt.Message] = deque()
        self._holds_back = True  # the broker, as far as our acknowledgements want it to

    def due(self, flight: Flight) -> bool:
        """Return whether there is something to send that may be sent: records have a share of the window too."""
        return bool(self._waiting) and self._flying < max(1, 3 * flight.session.credit // 4)

    @property
    def settled(self) -> bool:
        return not self._waiting and not self._flying

    def connected(self, session: Session) -> None:
        """Begin anew on a connection."""
        self._session = session
        self._holds_back = True
        self._unacknowledged.clear()

    def take(self, member: Member, message: aiomqtt.Message) -> None:
        """Take a command as it comes from the broker."""
        request = request_of(member.device, message, time.monotonic())
        if len(self._waiting) >= _WAITING_MOST:
            self._lose(request)
        else:
            self._on_request(request)

    def acknowledge(self, message: aiomqtt.Message) -> None:
        """Acknowledge a message, now or once the answers have got away; in the order in which they came."""
        self._unacknowledged.append(message)
        if len(self._unacknowledged) > INBOUND:
            self._holds_back = False
        self._release()

    def add(self, answer: Answer) -> None:
        """Send what became of a command to who sent it."""
        self._waiting.append(answer)
        self._on_due()

    def send(self, flight: Flight) -> None:
        """Send what waits, as far as there is room.  Errors: MqttError."""
        while self.due(flight) and flight.has_room:
            answer = self._waiting.popleft()
            topic, payload, properties = answer.published()
            if not flight.fits(topic, payload, properties):
                topic, payload, properties = answer.shortened().published()
            self._flying += 1
            if not flight.send(topic, payload, partial(self._landed, answer), properties=properties):
                self._flying -= 1
                self._lose(answer.request)

    def abandon(self) -> None:
        """Count what nobody will get any more: the uplink ends."""
        while self._waiting:
            self._lose(self._waiting.popleft().request)

    def _landed(self, answer: Answer, reason: ReasonCode | None) -> None:
        self._flying -= 1
        if reason is None:
            self._waiting.appendleft(answer)  # again on the next connection, doubled at worst
        elif reason.is_failure:
            other = answer.sent_to_own_topic()
            if other is None:
                self._lose(answer.request)
            else:
                self.add(other)
        self._release()

    def _release(self) -> None:
        while self._unacknowledged and self._session is not None:
            if self._holds_back and len(self._waiting) >= _WAITING_MAX:
                return
            self._session.acknowledge(self._unacknowledged.popleft())

    def _lose(self, request: Request) -> None:
        self.unanswered += 1
        self._tell(f"commands of {request.device!a} or others go without an answer: the count is `unanswered`")
