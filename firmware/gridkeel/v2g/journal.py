"""The log of the car's side as numbers: what a session tells in words travels on the link as an index into `words()`.

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

# Between spaces; one constant, which a board reads where it lies and needs no heap for.
_WORDS = (
    b" "
    # what no word is for
    b"other "
    # transports and turns of a session
    b"tcp tls new joined paused stopped ended accepted answered started renegotiation "
    # requests
    b"supportedAppProtocolReq SessionSetupReq ServiceDiscoveryReq ServiceDetailReq PaymentServiceSelectionReq "
    b"CertificateInstallationReq CertificateUpdateReq PaymentDetailsReq AuthorizationReq "
    b"ChargeParameterDiscoveryReq PowerDeliveryReq ChargingStatusReq MeteringReceiptReq CableCheckReq "
    b"PreChargeReq CurrentDemandReq WeldingDetectionReq SessionStopReq "
    # response codes
    b"OK OK_NewSessionEstablished OK_OldSessionJoined OK_CertificateExpiresSoon OK_SuccessfulNegotiation "
    b"OK_SuccessfulNegotiationWithMinorDeviation Failed_NoNegotiation FAILED FAILED_SequenceError "
    b"FAILED_ServiceIDInvalid FAILED_UnknownSession FAILED_ServiceSelectionInvalid "
    b"FAILED_PaymentSelectionInvalid FAILED_CertificateExpired FAILED_SignatureError "
    b"FAILED_NoCertificateAvailable FAILED_CertChainError FAILED_ChallengeInvalid FAILED_ContractCanceled "
    b"FAILED_WrongChargeParameter FAILED_PowerDeliveryNotApplied FAILED_TariffSelectionInvalid "
    b"FAILED_ChargingProfileInvalid FAILED_MeteringSignatureNotValid FAILED_NoChargeServiceSelected "
    b"FAILED_WrongEnergyTransferMode FAILED_ContactorError FAILED_CertificateNotAllowedAtThisEVSE "
    b"FAILED_CertificateRevoked "
    # certificates: roles, and what may be wrong
    b"contract ok encoding oversized unknown_algorithm unknown_curve bad_key unknown_critical chain_length "
    b"subject basic_constraints key_usage path_length chain_order wrong_root clock_unset not_yet_valid "
    b"expired bad_signature revoked crl_signature crl_missing crl_stale wrong_emaid "
    # signatures
    b"no_signature not_the_algorithms the_signature_is_for_another_element the_digest_does_not_match "
    b"the_signature_does_not_match "
    # why a connection ends
    b"unplugged message_too_long more_bytes_than_a_message_may_have not_a_V2GTP_frame not_a_message "
    b"no_request_in_state no_protocol_in_common the_car_closed_the_connection a_defect "
)


def words():
    """Return the words as a tuple: what a number stands for."""
    return tuple(_WORDS.decode().split())


def kind(text):
    """Return the index of an event's kind."""
    return KINDS.index(text) if text in KINDS else OTHER


def word(text):
    """Return the index of the word for a text, OTHER where there is none."""
    wanted = text.replace(" ", "_")
    while wanted:
        at = _WORDS.find(b" %s " % wanted.encode())
        if at >= 0:
            return _WORDS.count(b" ", 0, at)
        wanted = wanted[:-1]
    return OTHER
