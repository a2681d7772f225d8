"""PaymentDetails: the contract's chain is checked, and the EV is given a challenge to sign."""

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import chain, profiles, refusals, x509
from gridkeel.errors import CertificateError
from gridkeel.v2g import emaid, journal
from gridkeel.v2g.iso2 import codes, responses, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence


CHALLENGE_BYTES = 16
_DAY_S = 86400
_CODES = {
    # Not yet valid has no code of its own: [V2G2-824] names this one.  Without a clock nothing can be said of validity,
    # and the EV gets the same answer; the event says which of the three it was.
    refusals.EXPIRED: codes.CERTIFICATE_EXPIRED,
    refusals.NOT_YET_VALID: codes.CERTIFICATE_EXPIRED,
    refusals.CLOCK_UNSET: codes.CERTIFICATE_EXPIRED,
    refusals.REVOKED: codes.REVOKED,
    # not a defect of the chain: another charger, with that operator's root, may take it
    refusals.WRONG_ROOT: codes.NOT_ALLOWED_HERE,
}


def answer(context: Context, body: dict, _header: dict) -> "Generator[None, None, tuple[int, dict]]":
    """Answer PaymentDetailsReq (a generator: three signatures are checked)."""
    if not context.credentials.anchors():
        raise RefusedError(codes.NO_CERTIFICATE, journal.NO_ROOT)
    sent = body["ContractSignatureCertChain"]
    ders = [sent["Certificate"]] + sent.get("SubCertificates", {}).get("Certificate", [])
    leaf = yield from checked(context, ders, context.credentials.anchors())
    if not emaid.same(leaf.common_name, body["eMAID"]):
        context.log(journal.KIND_CERTIFICATE, journal.CONTRACT, journal.WRONG_EMAID, 0)
        raise RefusedError(codes.CERT_CHAIN_ERROR, journal.EMAID_MISMATCH)
    if context.charger.authorized == context.REFUSED:
        raise RefusedError(codes.NOT_ALLOWED_HERE, journal.CONTRACT_REFUSED)
    context.contract_key = leaf.public_key
    context.challenge = bytes(context.random(CHALLENGE_BYTES))
    context.log(journal.KIND_CONTRACT, journal.ACCEPTED, journal.OTHER, 0)
    response = responses.make(states.PAYMENT_DETAILS_REQ, context, _code(context, leaf))
    response["GenChallenge"] = context.challenge
    return states.DONE, response


def checked(
    context: Context, ders: "Sequence[bytes]", roots: "Sequence[x509.Certificate | bytes]"
) -> "Generator[None, None, x509.Certificate]":
    """Generator; return the leaf of a contract's chain that holds.

    Errors: RefusedError with the code that fits what is wrong.
    """
    begun_ms = context.now_ms
    credentials = context.credentials
    certificates = []
    try:
        for der in ders:
            certificates.append(x509.parse(der))
            yield
        result = yield from chain.validate(
            certificates, roots, context.unix_s(), credentials.crls, profiles.CONTRACT, credentials.known
        )
    except CertificateError as error:
        result = error.code
    context.log(journal.KIND_CERTIFICATE, journal.CONTRACT, journal.OK + result, context.since(begun_ms))
    if result != refusals.OK:
        raise RefusedError(_CODES.get(result, codes.CERT_CHAIN_ERROR), journal.OK + result)
    return certificates[0]


def _code(context: Context, leaf):
    soon_s = context.parameters.iso15118_expires_soon_days * _DAY_S
    return codes.EXPIRES_SOON if leaf.not_after_s - context.unix_s() < soon_s else codes.OK
