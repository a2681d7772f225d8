"""CertificateInstallation and CertificateUpdate: the answer comes from a backend, as EXI, and passes through."""

from gridkeel import TYPE_CHECKING, errors, ticks
from gridkeel.crypto import x509
from gridkeel.v2g import exi, grammars, journal, signatures, v2gtp
from gridkeel.v2g.iso2 import codes, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.waiting import WAIT

if TYPE_CHECKING:
    from collections.abc import Generator

INSTALLATION = "CertificateInstallationReq"
UPDATE = "CertificateUpdateReq"
# the performance time less what reading and sending the answer takes
_BACKEND_MS = 4200


def installation(context: Context, body: dict, header: dict) -> "Generator[int | None, None, tuple[int, memoryview]]":
    """Answer CertificateInstallationReq (a generator); the EV signs with its provisioning certificate's key."""
    yield from _check_request(context, INSTALLATION, body, header, body["OEMProvisioningCert"])
    return (yield from _fetch(context, INSTALLATION))


def update(context: Context, body: dict, header: dict) -> "Generator[int | None, None, tuple[int, memoryview]]":
    """Answer CertificateUpdateReq (a generator); the EV signs with its old contract's key."""
    yield from _check_request(context, UPDATE, body, header, body["ContractSignatureCertChain"]["Certificate"])
    return (yield from _fetch(context, UPDATE))


def _check_request(context: Context, kind: str, body: dict, header: dict, der):
    # Whether the certificate may be trusted is for the backend, which has the roots and the contracts. That the EV
    # has its key is checked here: what fails that is not worth the backend's time.
    if context.backend is None:
        raise RefusedError(codes.NO_CERTIFICATE, journal.BACKEND_MISSING)
    try:
        key = x509.parse(der).public_key
    except errors.CertificateError as error:
        raise RefusedError(codes.CERT_CHAIN_ERROR, journal.OK + error.code)
    checked = yield from signatures.check(context, header, kind, body, key)
    if checked != journal.OK:
        raise RefusedError(codes.SIGNATURE_ERROR, checked)


def _fetch(context: Context, kind: str):
    """Return the outcome and the backend's answer, which is in the scratch; its name and session id are checked."""
    backend = context.backend
    backend.ask(kind, context.request_exi, memoryview(context.scratch)[v2gtp.HEADER_BYTES :], context.now_ms)
    begun_ms = context.now_ms
    while backend.answer is None:
        if backend.failed or ticks.diff(context.now_ms, begun_ms) >= _BACKEND_MS:
            reason = journal.BACKEND_FAILED if backend.failed else journal.BACKEND_TIMEOUT
            backend.lose()
            raise RefusedError(codes.NO_CERTIFICATE, reason)
        yield WAIT
    context.log(
        journal.KIND_BACKEND, journal.REQUESTS + states.number_of(kind), journal.ANSWERED, context.since(begun_ms)
    )
    answer = backend.answer
    yield from _check(context, kind, v2gtp.HEADER_BYTES + len(answer))
    return states.DONE, answer


def _check(context: Context, kind: str, end):
    expected = states.response_of(kind)
    try:
        _name, message = yield from exi.decode_steps(grammars.iso2(), context.scratch, v2gtp.HEADER_BYTES, end)
        if not isinstance(message, dict):  # an element of simple type is a document too
            raise errors.ExiError("the root is no message")
        response = message["Body"][expected]
    except (errors.ExiError, KeyError):
        raise RefusedError(codes.FAILED, journal.BACKEND_ANSWER_INVALID)
    if message["Header"]["SessionID"] != context.session_id:
        raise RefusedError(codes.FAILED, journal.BACKEND_ANSWER_INVALID)
    if response["ResponseCode"].startswith("FAILED"):
        raise RefusedError(response["ResponseCode"], journal.BACKEND_REFUSED)
