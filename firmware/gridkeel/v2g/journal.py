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
    "trailing",
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
    # why a session is refused
    b"plain_TCP_where_TLS_is_required out_of_order not_a_request another_session's_id energy_flows_already "
    b"payment_not_offered service_not_offered the_charge_service_was_not_selected no_way_to_pay not_authorised "
    b"no_backend the_backend_failed the_backend_is_silent the_backend_refuses the_backend's_answer "
    b"this_charger_trusts_no_root the_contract_is_not_of the_operator_refuses_this_contract "
    b"not_the_challenge_of_this_session the_receipt_is_for_other_figures mode_not_offered mode_changed "
    b"mode_without_its_limits wrong_unit the_car's_AC_limits the_car's_DC_limits the_car_needs_more_than_there_is "
    b"the_car_reports schedule_not_offered the_charging_profile_is_not_in_order the_charging_profile_passes_the_offer "
    b"nothing_was_negotiated the_charger_is_not_ready the_car_stays_out_of_state_C the_contactor_is_welded "
    b"the_contactor_does_not_close the_contactor_does_not_open isolation_fault the_isolation_test_does_not_end "
    b"too_much_current_in_pre-charge a_wish_out_of_range the_car_does_not_stop "
    # connections: a second one of the same car, one that stalls, a request for the address that cannot be answered
    b"the_car_comes_again the_car_does_not_read sdp "
    # what a DC car asks too much of, and its errors
    b"EVTargetVoltage EVTargetCurrent FAILED_RESSTemperatureInhibit FAILED_EVShiftPosition "
    b"FAILED_ChargerConnectorLockFault FAILED_EVRESSMalfunction FAILED_ChargingCurrentdifferential "
    b"FAILED_ChargingVoltageOutOfRange FAILED_ChargingSystemIncompatibility the_duty_is_not_5_% "
    b"the_contactor_rests "
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
