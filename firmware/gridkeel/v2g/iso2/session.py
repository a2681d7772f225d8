"""One session with one EV: each request is held against the table of states.py, answered by its phase, and logged."""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g import journal, state_table
from gridkeel.v2g.iso2 import (
    ac,
    authorization,
    certificates,
    codes,
    dc,
    delivery,
    metering,
    parameters,
    payment,
    responses,
    services,
    setup,
    states,
    stop,
)
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.protocols import Answer

_ANSWERS: "tuple[Callable[[Context, dict, dict], Answer | Generator[int | None, None, Answer]], ...]" = (
    # by the request's number
    None,  # supportedAppProtocolReq is no message of the session: secc.py
    setup.answer,
    services.discovery,
    services.detail,
    services.selection,
    certificates.installation,
    certificates.update,
    payment.answer,
    authorization.answer,
    parameters.answer,
    delivery.answer,
    ac.charging_status,
    metering.receipt,
    dc.cable_check,
    dc.pre_charge,
    dc.current_demand,
    dc.welding_detection,
    stop.answer,
)


class Session:
    """The state of the communication with one EV.  context: gridkeel.v2g.iso2.context.Context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.state = states.ENDED

    def begin(self, secured: bool) -> None:
        """A connection was made."""
        self.context.forget(secured)
        self.state = states.PROTOCOL

    def agreed(self) -> None:
        """The protocol was agreed on."""
        self._go(states.APP_PROTOCOL_REQ, states.DONE)

    def end(self, reason: int, broken: bool) -> None:
        """End the session before its time: the charger is left safe.

        reason: a code of journal.py.  broken: the communication itself came to nothing.
        """
        if self.state == states.ENDED:
            return
        self.state = states.ENDED
        self.context.log(journal.KIND_SESSION, journal.ENDED, reason, 0)
        stop.end(self.context, broken)

    def answer(
        self, request: int, name: str, body: dict, header: dict, document: memoryview
    ) -> "Generator[int | None, None, tuple[str, dict | memoryview]]":
        """Generator; return the response's name and its body, or the whole message, as a memoryview of the scratch.

        Yields None where it wants to go on at once, waiting.WAIT where it waits for the charger or the backend.
        Where the request is refused, the response says so, the charger is safe already and the state is ENDED.
        request: the number of `name`.  document: the request as it came.
        Errors: RefusedError where there is no response to it: it is no request.
        """
        if request <= states.APP_PROTOCOL_REQ:
            raise RefusedError(codes.SEQUENCE_ERROR, journal.NOT_A_REQUEST)
        self.context.request_exi = document
        try:
            self._check(request, header)
            made = _ANSWERS[request](self.context, body, header)
            if not isinstance(made, tuple):
                made = yield from made
            condition, response = made
            self._go(request, condition)
        except RefusedError as refusal:
            response = self._refuse(request, refusal)
        self.context.request_exi = None
        return states.response_of(name), response

    def _go(self, request: int, condition: int):
        before = self.state
        self.state = state_table.next_state(states.ROWS, before, request, condition)
        if self.state != before:
            self.context.since_ms = None

    def _check(self, request: int, header: dict):
        if state_table.find(states.ROWS, self.state, request) < 0:
            raise RefusedError(codes.SEQUENCE_ERROR, journal.OUT_OF_ORDER)
        if request != states.SESSION_SETUP_REQ and header["SessionID"] != self.context.session_id:
            raise RefusedError(codes.UNKNOWN_SESSION, journal.SESSION_ID_WRONG)

    def _refuse(self, request: int, refusal):
        context = self.context
        context.log(journal.KIND_REFUSED, journal.REQUESTS + request, journal.response_code(refusal.code), 0)
        context.failed = True
        response = responses.make(request, context, refusal.code)  # of the charger as it was when it failed
        self.end(refusal.reason, False)
        return response
