"""The log of the car's side as numbers: what a session tells in words travels on the link as an index into WORDS.

Numbers go into logs: words are added at the end and never moved.  A text is its own word with "_" for spaces, or the
longest word it begins with ("no request in state setup" is no_request_in_state), or OTHER.
"""

OTHER = 0

KINDS = (
    "other",
    "connected",
    "session",
    "message",
    "late",
    "refused",
    "certificate",
    "signature",
    "contract",
    "backend",
    "delivery",
    "closed",
    "turned_away",
    "tls_failed",
)

WORDS = (
    # what no word is for
    "other",
    # transports and turns of a session
    "tcp",
    "tls",
    "new",
    "joined",
    "paused",
    "stopped",
    "ended",
    "accepted",
    "answered",
    "started",
    "renegotiation",
    # requests
    "supportedAppProtocolReq",
    "SessionSetupReq",
    "ServiceDiscoveryReq",
    "ServiceDetailReq",
    "PaymentServiceSelectionReq",
    "CertificateInstallationReq",
    "CertificateUpdateReq",
    "PaymentDetailsReq",
    "AuthorizationReq",
    "ChargeParameterDiscoveryReq",
    "PowerDeliveryReq",
    "ChargingStatusReq",
    "MeteringReceiptReq",
    "CableCheckReq",
    "PreChargeReq",
    "CurrentDemandReq",
    "WeldingDetectionReq",
    "SessionStopReq",
    # response codes
    "OK",
    "OK_NewSessionEstablished",
    "OK_OldSessionJoined",
    "OK_CertificateExpiresSoon",
    "OK_SuccessfulNegotiation",
    "OK_SuccessfulNegotiationWithMinorDeviation",
    "Failed_NoNegotiation",
    "FAILED",
    "FAILED_SequenceError",
    "FAILED_ServiceIDInvalid",
    "FAILED_UnknownSession",
    "FAILED_ServiceSelectionInvalid",
    "FAILED_PaymentSelectionInvalid",
    "FAILED_CertificateExpired",
    "FAILED_SignatureError",
    "FAILED_NoCertificateAvailable",
    "FAILED_CertChainError",
    "FAILED_ChallengeInvalid",
    "FAILED_ContractCanceled",
    "FAILED_WrongChargeParameter",
    "FAILED_PowerDeliveryNotApplied",
    "FAILED_TariffSelectionInvalid",
    "FAILED_ChargingProfileInvalid",
    "FAILED_MeteringSignatureNotValid",
    "FAILED_NoChargeServiceSelected",
    "FAILED_WrongEnergyTransferMode",
    "FAILED_ContactorError",
    "FAILED_CertificateNotAllowedAtThisEVSE",
    "FAILED_CertificateRevoked",
    # certificates: roles, and what may be wrong
    "contract",
    "ok",
    "encoding",
    "oversized",
    "unknown_algorithm",
    "unknown_curve",
    "bad_key",
    "unknown_critical",
    "chain_length",
    "subject",
    "basic_constraints",
    "key_usage",
    "path_length",
    "chain_order",
    "wrong_root",
    "clock_unset",
    "not_yet_valid",
    "expired",
    "bad_signature",
    "revoked",
    "crl_signature",
    "crl_missing",
    "crl_stale",
    "wrong_emaid",
    # signatures
    "no_signature",
    "not_the_algorithms",
    "the_signature_is_for_another_element",
    "the_digest_does_not_match",
    "the_signature_does_not_match",
    # why a connection ends
    "unplugged",
    "message_too_long",
    "more_bytes_than_a_message_may_have",
    "not_a_V2GTP_frame",
    "not_a_message",
    "no_request_in_state",
    "no_protocol_in_common",
    "the_car_closed_the_connection",
    "a_defect",
)


def kind(text):
    """Return the index of an event's kind."""
    return KINDS.index(text) if text in KINDS else OTHER


def word(text):
    """Return the index of the word for a text, OTHER where there is none."""
    wanted = text.replace(" ", "_")
    best = OTHER
    for i in range(1, len(WORDS)):
        known = WORDS[i]
        if known == wanted:
            return i
        if wanted.startswith(known) and len(known) > len(WORDS[best]):
            best = i
    return best
