"""One session with one car: each request is held against the table in states.py, answered by its phase, and logged."""

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

_PHASES = {
    "SessionSetupReq": setup.answer,
    "ServiceDiscoveryReq": services.discovery,
    "ServiceDetailReq": services.detail,
    "PaymentServiceSelectionReq": services.selection,
    "CertificateInstallationReq": certificates.installation,
    "CertificateUpdateReq": certificates.update,
    "PaymentDetailsReq": payment.answer,
    "AuthorizationReq": authorization.answer,
    "ChargeParameterDiscoveryReq": parameters.answer,
    "PowerDeliveryReq": delivery.answer,
    "ChargingStatusReq": ac.charging_status,
    "CableCheckReq": dc.cable_check,
    "PreChargeReq": dc.pre_charge,
    "CurrentDemandReq": dc.current_demand,
    "WeldingDetectionReq": dc.welding_detection,
    "MeteringReceiptReq": metering.receipt,
    "SessionStopReq": stop.answer,
}


class Session:
    """The state of the talk with one car.  context: gridkeel.v2g.iso2.context.Context."""

    def __init__(self, context):
        self.context = context
        self.state = states.ENDED

    def begin(self, secured):
        """A connection was made."""
        self.context.forget(secured)
        self.state = states.PROTOCOL

    def agreed(self):
        """The protocol was agreed on."""
        self.state = states.SETUP

    def end(self, reason, broken):
        """The session is over before its time: the charger is left safe.  broken: the talk itself came to nothing."""
        if self.state == states.ENDED:
            return
        self.state = states.ENDED
        self.context.tell("session", "ended", reason, 0)
        stop.end(self.context, broken)

    def answer(self, name, body, header):
        """Generator; return the response's name and its body, or the whole message, as a memoryview of the scratch.

        Yields None where it wants to go on at once, waiting.WAIT where it waits for the charger or the backend.
        Where the request is refused, the response says so, the charger is safe already and the state is ENDED.
        Errors: RefusedError where there is no response to `name`: it is no request.
        """
        response_name = states.response_of(name)
        if name not in _PHASES:
            raise RefusedError(codes.SEQUENCE_ERROR, "not a request: %s" % name)
        context = self.context
        state = self.state
        try:
            self._check(name, header)
            made = _PHASES[name](context, body, header)
            if not isinstance(made, tuple):
                made = yield from made
            outcome, response = made
            self.state = states.after(name, outcome)
            if self.state != state:
                context.since_ms = None
        except RefusedError as refusal:
            response = self._refuse(name, response_name, refusal)
        return response_name, response

    def _check(self, name, header):
        if name not in states.STATES[self.state][1]:
            raise RefusedError(
                codes.SEQUENCE_ERROR, "out of order: %s in state %s" % (name, states.STATES[self.state][0])
            )
        if name != "SessionSetupReq" and header["SessionID"] != self.context.session_id:
            raise RefusedError(codes.UNKNOWN_SESSION, "another session's id")

    def _refuse(self, name, response_name, refusal):
        context = self.context
        context.tell("refused", name, refusal.code, 0)
        context.failed = True
        response = responses.make(response_name, context, refusal.code)  # of the charger as it was when it failed
        self.end(refusal.reason, False)
        return response
