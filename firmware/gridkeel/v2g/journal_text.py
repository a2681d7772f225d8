"""Names and sentences of the V2G log, for hosts, docs and tests.  No module of a device imports this.

A name is an identifier and stays; a sentence says what it means and may be reworded at any time.
"""

from gridkeel.crypto import refusals_text
from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import states_text

KINDS = (
    # kind, name, what subject, detail and number say
    (journal.KIND_OTHER, "other", "an entry of no kind of its own"),
    (journal.KIND_CONNECTED, "connected", "subject: tcp or tls"),
    (journal.KIND_SESSION, "session", "subject: new, joined, paused, stopped, ended; detail of ended: why"),
    (
        journal.KIND_MESSAGE,
        "message",
        "subject: the request; detail: the response code; number: ms from request to response",
    ),
    (journal.KIND_LATE, "late", "subject: the request; number: ms it took, over the performance time"),
    (journal.KIND_REFUSED, "refused", "subject: the request; detail: the FAILED code"),
    (journal.KIND_CERTIFICATE, "certificate", "subject: what was validated; detail: ok, or what is wrong; number: ms"),
    (journal.KIND_SIGNATURE, "signature", "subject: the signed element; detail: ok, or what is wrong; number: ms"),
    (journal.KIND_CONTRACT, "contract", "subject: accepted"),
    (journal.KIND_BACKEND, "backend", "subject: the request; detail: answered; number: ms"),
    (
        journal.KIND_DELIVERY,
        "delivery",
        "subject: started or stopped, number: ms until the contactor had moved; renegotiation; "
        "charging_profile_cut, number: W at most; target_out_of_range, detail: which, number: V or A, "
        "once a session; ev_error in the charge loop, detail: the error",
    ),
    (journal.KIND_CLOSED, "closed", "subject: why the connection is closed from here; number: bytes received"),
    (
        journal.KIND_TURNED_AWAY,
        "turned_away",
        "subject: tcp or tls, a second connection; or sdp, number: the error of the network",
    ),
    (journal.KIND_TLS_FAILED, "tls_failed", "subject: tls, number: ms; or why the handshake was ended"),
    (
        journal.KIND_TRAILING,
        "trailing",
        "subject: the request, once a connection; number: octets behind its EXI document, which were passed over",
    ),
)

CATALOGUE = (
    # code, name, text
    (journal.OTHER, "other", "no code of its own"),
    (journal.TCP, "tcp", "plain TCP"),
    (journal.TLS, "tls", "TLS"),
    (journal.NEW, "new", "a new session"),
    (journal.JOINED, "joined", "a paused session, or one whose link was lost, is joined again"),
    (journal.PAUSED, "paused", "the EV paused its session"),
    (journal.STOPPED, "stopped", "the EV ended its session, or the energy transfer was stopped"),
    (journal.ENDED, "ended", "the session ended before its time; the detail says why"),
    (journal.ACCEPTED, "accepted", "the contract is valid and may charge here"),
    (journal.ANSWERED, "answered", "the backend answered"),
    (journal.STARTED, "started", "the contactor has closed, energy transfer may begin"),
    (journal.RENEGOTIATION, "renegotiation", "the EV negotiates its charging terms again"),
    (journal.CONTRACT, "contract", "a contract certificate"),
    (journal.OK, "ok", "nothing is wrong"),
    (journal.WRONG_EMAID, "wrong_emaid", "the certificate is of another contract than the EV says"),
    (journal.SIGNATURE_MISSING, "signature_missing", "the message is not signed"),
    (journal.SIGNATURE_FORM, "signature_form", "the signature has not the algorithms or the form of the standard"),
    (journal.SIGNATURE_REFERENCE, "signature_reference", "the signature is for another element"),
    (journal.SIGNATURE_DIGEST, "signature_digest", "the digest does not match the signed element"),
    (journal.SIGNATURE_MISMATCH, "signature_mismatch", "the signature does not match the key"),
    (journal.UNPLUGGED, "unplugged", "the EV was unplugged"),
    (journal.MESSAGE_TOO_LONG, "message_too_long", "the message is longer than is taken here"),
    (
        journal.MESSAGE_OVERRUN,
        "message_overrun",
        "more bytes came than one message may have: the EV did not wait for its answer",
    ),
    (journal.FRAME_INVALID, "frame_invalid", "not a V2GTP frame of EXI"),
    (journal.MESSAGE_INVALID, "message_invalid", "the frame holds no message of the schema"),
    (journal.REQUEST_TIMEOUT, "request_timeout", "no whole request came within its time"),
    (journal.PROTOCOL_UNKNOWN, "protocol_unknown", "the EV offers no protocol that is spoken here"),
    (journal.CLOSED_BY_EV, "closed_by_ev", "the EV closed the connection"),
    (journal.INTERNAL_ERROR, "internal_error", "a defect of this firmware; the charger was left safe"),
    (journal.TLS_REQUIRED, "tls_required", "plain TCP where parameter iso15118_tls asks for TLS"),
    (journal.OUT_OF_ORDER, "out_of_order", "a request that the state does not list"),
    (journal.NOT_A_REQUEST, "not_a_request", "a message that is no request"),
    (journal.SESSION_ID_WRONG, "session_id_wrong", "the session id is that of another session"),
    (journal.ALREADY_STARTED, "already_started", "a start of energy transfer that was not negotiated anew"),
    (journal.PAYMENT_NOT_OFFERED, "payment_not_offered", "a payment option that was not offered"),
    (journal.SERVICE_NOT_OFFERED, "service_not_offered", "a service that was not offered"),
    (journal.CHARGE_SERVICE_MISSING, "charge_service_missing", "the charge service was not selected"),
    (journal.NO_PAYMENT_OPTION, "no_payment_option", "no way to pay: a contract needs TLS and a root"),
    (journal.NOT_AUTHORIZED, "not_authorized", "the operator refuses, or stops, the session"),
    (journal.BACKEND_MISSING, "backend_missing", "no backend for contract certificates"),
    (journal.BACKEND_FAILED, "backend_failed", "the backend failed"),
    (journal.BACKEND_TIMEOUT, "backend_timeout", "the backend did not answer in time"),
    (journal.BACKEND_REFUSED, "backend_refused", "the backend refuses"),
    (journal.BACKEND_ANSWER_INVALID, "backend_answer_invalid", "the answer of the backend is not what was asked for"),
    (journal.NO_ROOT, "no_root", "this charger trusts no root"),
    (journal.EMAID_MISMATCH, "emaid_mismatch", "the contract is not the one that the EV names"),
    (journal.CONTRACT_REFUSED, "contract_refused", "the operator refuses this contract"),
    (journal.CHALLENGE_MISMATCH, "challenge_mismatch", "not the challenge of this session, or one that was used"),
    (journal.RECEIPT_MISMATCH, "receipt_mismatch", "the metering receipt is for other figures"),
    (journal.MODE_NOT_OFFERED, "mode_not_offered", "an energy transfer mode that was not offered"),
    (journal.MODE_CHANGED, "mode_changed", "another energy transfer mode than before in this session"),
    (
        journal.MODE_LIMITS_MISSING,
        "mode_limits_missing",
        "an energy transfer mode without the limits that belong to it",
    ),
    (journal.UNIT_WRONG, "unit_wrong", "a physical value in another unit"),
    (journal.AC_LIMITS_INVALID, "ac_limits_invalid", "the AC limits of the EV contradict each other or the mains"),
    (journal.DC_LIMITS_INVALID, "dc_limits_invalid", "the DC limits of the EV do not fit this charger"),
    (journal.MIN_CURRENT_TOO_HIGH, "min_current_too_high", "the EV needs more current than there is"),
    (journal.EV_ERROR, "ev_error", "the EV reports an error"),
    (journal.SCHEDULE_NOT_OFFERED, "schedule_not_offered", "a schedule that was not offered"),
    (
        journal.CHARGING_PROFILE_INVALID,
        "charging_profile_invalid",
        "times of the charging profile do not rise, or its power is below zero",
    ),
    (
        journal.CHARGING_PROFILE_CUT,
        "charging_profile_cut",
        "the charging profile passes the schedule and was cut to it",
    ),
    (journal.NOTHING_TO_RENEGOTIATE, "nothing_to_renegotiate", "a renegotiation where no energy transfer was started"),
    (journal.CHARGER_NOT_READY, "charger_not_ready", "the charger is not ready to deliver power"),
    (journal.NO_STATE_C, "no_state_c", "the EV stays out of control pilot state C"),
    (journal.CONTACTOR_WELDED, "contactor_welded", "the contactor is welded"),
    (journal.CONTACTOR_NOT_CLOSED, "contactor_not_closed", "the contactor does not close"),
    (journal.CONTACTOR_NOT_OPEN, "contactor_not_open", "the contactor does not open"),
    (journal.ISOLATION_FAULT, "isolation_fault", "the isolation test found a fault"),
    (journal.ISOLATION_TIMEOUT, "isolation_timeout", "the isolation test does not end"),
    (journal.PRECHARGE_CURRENT, "precharge_current", "too much current in pre-charge; not sent any more"),
    (
        journal.TARGET_OUT_OF_RANGE,
        "target_out_of_range",
        "a target voltage or current over its limit was clamped, or one below zero refused",
    ),
    (journal.EV_DOES_NOT_STOP, "ev_does_not_stop", "the EV charges on after the notice of a stop"),
    (journal.EV_RECONNECTED, "ev_reconnected", "the EV came again over another connection"),
    (journal.EV_DOES_NOT_READ, "ev_does_not_read", "the EV does not read what is sent"),
    (journal.SDP, "sdp", "discovery of the charger (SDP)"),
    (journal.EV_TARGET_VOLTAGE, "EVTargetVoltage", "the target voltage"),
    (journal.EV_TARGET_CURRENT, "EVTargetCurrent", "the target current"),
    (journal.DUTY_NOT_5_PERCENT, "duty_not_5_percent", "a session was begun where the duty is not 5 %"),
    (journal.CONTACTOR_RESTING, "contactor_resting", "the contactor rests after many openings and does not close yet"),
)


def names() -> tuple:
    """Return the names of all codes, by number: those above, the standard's, and those of crypto/refusals.py."""
    found: dict = {}
    for code, name, _text in CATALOGUE:
        found[code] = name
    _number(found, journal.REQUESTS, states_text.REQUESTS)
    _number(found, journal.RESPONSE_CODES, journal._RESPONSE_CODES.decode().split())
    _number(found, journal.EV_ERRORS, journal._EV_ERRORS.decode().split())
    for code, name, _text in refusals_text.CATALOGUE:
        found[journal.OK + code] = name
    return tuple([found[code] for code in range(len(found))])


def text(code: int) -> str:
    """Return the sentence of a code of CATALOGUE, "" where it has none."""
    for known, _name, sentence in CATALOGUE:
        if known == code:
            return sentence
    return ""


def kinds() -> tuple:
    """Return the names of all kinds, by number."""
    return tuple([name for _kind, name, _text in KINDS])


def _number(found, first, given):
    for k in range(len(given)):
        found[first + k] = given[k]
