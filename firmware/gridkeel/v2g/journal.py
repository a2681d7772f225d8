"""Kinds and codes of the entries of the V2G log, as the device sends them; names and sentences are in journal_text.py.

Numbers go into logs: they are added at the end and never changed.
"""

# --- kinds of entries: subject, detail and number of each are in journal_text.py
KIND_OTHER = 0
KIND_CONNECTED = 1
KIND_SESSION = 2
KIND_MESSAGE = 3
KIND_LATE = 4
KIND_REFUSED = 5
KIND_CERTIFICATE = 6
KIND_SIGNATURE = 7
KIND_CONTRACT = 8
KIND_BACKEND = 9
KIND_DELIVERY = 10
KIND_CLOSED = 11
KIND_TURNED_AWAY = 12
KIND_TLS_FAILED = 13
KIND_TRAILING = 14

# --- codes, for subject and detail
OTHER = 0
TCP = 1
TLS = 2
NEW = 3
JOINED = 4
PAUSED = 5
STOPPED = 6
ENDED = 7
ACCEPTED = 8
ANSWERED = 9
STARTED = 10
RENEGOTIATION = 11
REQUESTS = 12  # and the number of the request (iso2/states.py)
RESPONSE_CODES = 30  # and the place of the response code in _RESPONSE_CODES
CONTRACT = 59
OK = 60  # and the number of the refusal (crypto/refusals.py)
WRONG_EMAID = 82
SIGNATURE_MISSING = 83
SIGNATURE_FORM = 84
SIGNATURE_REFERENCE = 85
SIGNATURE_DIGEST = 86
SIGNATURE_MISMATCH = 87
UNPLUGGED = 88
MESSAGE_TOO_LONG = 89
MESSAGE_OVERRUN = 90
FRAME_INVALID = 91
MESSAGE_INVALID = 92
REQUEST_TIMEOUT = 93
PROTOCOL_UNKNOWN = 94
CLOSED_BY_EV = 95
INTERNAL_ERROR = 96
TLS_REQUIRED = 97
OUT_OF_ORDER = 98
NOT_A_REQUEST = 99
SESSION_ID_WRONG = 100
ALREADY_STARTED = 101
PAYMENT_NOT_OFFERED = 102
SERVICE_NOT_OFFERED = 103
CHARGE_SERVICE_MISSING = 104
NO_PAYMENT_OPTION = 105
NOT_AUTHORIZED = 106
BACKEND_MISSING = 107
BACKEND_FAILED = 108
BACKEND_TIMEOUT = 109
BACKEND_REFUSED = 110
BACKEND_ANSWER_INVALID = 111
NO_ROOT = 112
EMAID_MISMATCH = 113
CONTRACT_REFUSED = 114
CHALLENGE_MISMATCH = 115
RECEIPT_MISMATCH = 116
MODE_NOT_OFFERED = 117
MODE_CHANGED = 118
MODE_LIMITS_MISSING = 119
UNIT_WRONG = 120
AC_LIMITS_INVALID = 121
DC_LIMITS_INVALID = 122
MIN_CURRENT_TOO_HIGH = 123
EV_ERROR = 124
SCHEDULE_NOT_OFFERED = 125
CHARGING_PROFILE_INVALID = 126
CHARGING_PROFILE_CUT = 127
NOTHING_TO_RENEGOTIATE = 128
CHARGER_NOT_READY = 129
NO_STATE_C = 130
CONTACTOR_WELDED = 131
CONTACTOR_NOT_CLOSED = 132
CONTACTOR_NOT_OPEN = 133
ISOLATION_FAULT = 134
ISOLATION_TIMEOUT = 135
PRECHARGE_CURRENT = 136
TARGET_OUT_OF_RANGE = 137
EV_DOES_NOT_STOP = 138
EV_RECONNECTED = 139
EV_DOES_NOT_READ = 140
SDP = 141
EV_TARGET_VOLTAGE = 142
EV_TARGET_CURRENT = 143
EV_ERRORS = 144  # and the place of the EVErrorCode in _EV_ERRORS
DUTY_NOT_5_PERCENT = 151
CONTACTOR_RESTING = 152

# Between spaces; constants that a board reads where they lie and needs no heap for.
_RESPONSE_CODES = (
    b" OK OK_NewSessionEstablished OK_OldSessionJoined OK_CertificateExpiresSoon OK_SuccessfulNegotiation "
    b"OK_SuccessfulNegotiationWithMinorDeviation Failed_NoNegotiation FAILED FAILED_SequenceError "
    b"FAILED_ServiceIDInvalid FAILED_UnknownSession FAILED_ServiceSelectionInvalid FAILED_PaymentSelectionInvalid "
    b"FAILED_CertificateExpired FAILED_SignatureError FAILED_NoCertificateAvailable FAILED_CertChainError "
    b"FAILED_ChallengeInvalid FAILED_ContractCanceled FAILED_WrongChargeParameter FAILED_PowerDeliveryNotApplied "
    b"FAILED_TariffSelectionInvalid FAILED_ChargingProfileInvalid FAILED_MeteringSignatureNotValid "
    b"FAILED_NoChargeServiceSelected FAILED_WrongEnergyTransferMode FAILED_ContactorError "
    b"FAILED_CertificateNotAllowedAtThisEVSE FAILED_CertificateRevoked "
)
_EV_ERRORS = (
    b" FAILED_RESSTemperatureInhibit FAILED_EVShiftPosition FAILED_ChargerConnectorLockFault "
    b"FAILED_EVRESSMalfunction FAILED_ChargingCurrentdifferential FAILED_ChargingVoltageOutOfRange "
    b"FAILED_ChargingSystemIncompatibility "
)


def response_code(name: str) -> int:
    """Return the code of a response code's name, OTHER where it is none."""
    return _named(_RESPONSE_CODES, name, RESPONSE_CODES)


def ev_error(name: str) -> int:
    """Return the code of an EVErrorCode, OTHER where it has none."""
    return _named(_EV_ERRORS, name, EV_ERRORS)


def _named(names, name, first):
    at = names.find(b" %s " % name.encode())
    return first + names.count(b" ", 0, at) if at >= 0 else OTHER
