"""Response codes of ISO 15118-2 (table 112), and the exception that carries one."""

from gridkeel.errors import GridkeelError

OK = "OK"
NEW_SESSION = "OK_NewSessionEstablished"
OLD_SESSION = "OK_OldSessionJoined"
EXPIRES_SOON = "OK_CertificateExpiresSoon"
FAILED = "FAILED"
SEQUENCE_ERROR = "FAILED_SequenceError"
SERVICE_ID_INVALID = "FAILED_ServiceIDInvalid"
UNKNOWN_SESSION = "FAILED_UnknownSession"
SERVICE_SELECTION_INVALID = "FAILED_ServiceSelectionInvalid"
PAYMENT_SELECTION_INVALID = "FAILED_PaymentSelectionInvalid"
CERTIFICATE_EXPIRED = "FAILED_CertificateExpired"
SIGNATURE_ERROR = "FAILED_SignatureError"
NO_CERTIFICATE = "FAILED_NoCertificateAvailable"
CERT_CHAIN_ERROR = "FAILED_CertChainError"
CHALLENGE_INVALID = "FAILED_ChallengeInvalid"
CONTRACT_CANCELED = "FAILED_ContractCanceled"
WRONG_CHARGE_PARAMETER = "FAILED_WrongChargeParameter"
NOT_APPLIED = "FAILED_PowerDeliveryNotApplied"
TARIFF_INVALID = "FAILED_TariffSelectionInvalid"
PROFILE_INVALID = "FAILED_ChargingProfileInvalid"
METERING_SIGNATURE = "FAILED_MeteringSignatureNotValid"
NO_CHARGE_SERVICE = "FAILED_NoChargeServiceSelected"
WRONG_MODE = "FAILED_WrongEnergyTransferMode"
CONTACTOR_ERROR = "FAILED_ContactorError"
NOT_ALLOWED_HERE = "FAILED_CertificateNotAllowedAtThisEVSE"
REVOKED = "FAILED_CertificateRevoked"


class RefusedError(GridkeelError):
    """A request is answered with a FAILED code, and the session ends with that answer.

    code: one of the codes above.  reason: a code of journal.py, for the operator's log.
    """

    def __init__(self, code: str, reason: int) -> None:
        super().__init__("%s: %d" % (code, reason))
        self.code = code
        self.reason = reason
