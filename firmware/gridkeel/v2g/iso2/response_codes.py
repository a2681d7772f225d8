"""Codes that each response may carry, beside what any may; for documents and tests, a board never imports it.

Source: ISO 15118-2:2014, 8.4 and table 112; what the table leaves open is said in docs/iso15118.md.
"""

from gridkeel.v2g.iso2 import codes

ANY = (codes.FAILED, codes.SEQUENCE_ERROR, codes.UNKNOWN_SESSION)

_OK = (codes.OK,)
_CERTIFICATE = (
    codes.OK,
    codes.SIGNATURE_ERROR,
    codes.NO_CERTIFICATE,
    codes.CERT_CHAIN_ERROR,
    codes.CERTIFICATE_EXPIRED,
    codes.REVOKED,
)

TABLE = {
    "SessionSetupRes": (codes.NEW_SESSION, codes.OLD_SESSION),
    "ServiceDiscoveryRes": _OK,
    "ServiceDetailRes": (codes.OK, codes.SERVICE_ID_INVALID),
    "PaymentServiceSelectionRes": (
        codes.OK,
        codes.PAYMENT_SELECTION_INVALID,
        codes.SERVICE_SELECTION_INVALID,
        codes.NO_CHARGE_SERVICE,
    ),
    "CertificateInstallationRes": _CERTIFICATE,
    "CertificateUpdateRes": _CERTIFICATE + (codes.CONTRACT_CANCELED,),
    "PaymentDetailsRes": (
        codes.OK,
        codes.EXPIRES_SOON,
        codes.CERTIFICATE_EXPIRED,
        codes.REVOKED,
        codes.CERT_CHAIN_ERROR,
        codes.NO_CERTIFICATE,
        codes.NOT_ALLOWED_HERE,
    ),
    "AuthorizationRes": (codes.OK, codes.CHALLENGE_INVALID, codes.SIGNATURE_ERROR),
    "ChargeParameterDiscoveryRes": (codes.OK, codes.WRONG_CHARGE_PARAMETER, codes.WRONG_MODE),
    "PowerDeliveryRes": (
        codes.OK,
        codes.NOT_APPLIED,
        codes.TARIFF_INVALID,
        codes.PROFILE_INVALID,
        codes.CONTACTOR_ERROR,
    ),
    "MeteringReceiptRes": (codes.OK, codes.METERING_SIGNATURE),
    "ChargingStatusRes": _OK,
    "CableCheckRes": _OK,
    "PreChargeRes": _OK,
    "CurrentDemandRes": _OK,
    "WeldingDetectionRes": _OK,
    "SessionStopRes": _OK,
}


def may_carry(response: str, code: str) -> bool:
    """Return whether a response may carry a code."""
    return code in TABLE[response] or code in ANY
