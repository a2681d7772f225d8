"""The contract certificate provisioning service: EXI of a request in, EXI of its response out.

It plays the mobility operator, the certificate provisioning service and the OEM's register at once, with what one PKI
folder holds.  Source: ISO 15118-2, 8.4.3.10 and 8.4.3.11, annex E for who signs what.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.v2g import Pki
from gridkeel.crypto import profiles
from gridkeel.errors import ExiError
from gridkeel.link.frames import EXCHANGE_MAX
from gridkeel.v2g import exi, grammars, journal, journal_text
from gridkeel.v2g.iso2 import codes, responses, states
from host_tools.backend import contracts, key_transport, signing
from host_tools.backend.contracts import RefusedError
from host_tools.errors import ToolError

INSTALLATION = "CertificateInstallationReq"
UPDATE = "CertificateUpdateReq"
_MESSAGE = "V2G_Message"


class Provisioning:
    """Answers for one PKI folder, read anew for each request; any thread may ask.

    say: gets one line for each contract that is handed out and each request that is refused.
    """

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda _line: None) -> None:
        """Errors: ToolError where the folder is no PKI of ISO 15118-2."""
        self._folder = folder
        self._say = say
        self._lock = threading.Lock()
        if Pki(folder).index.edition != "2":
            raise ToolError(f"{folder}: contracts are provided by ISO 15118-2 alone, and this is a PKI of -20")

    def __call__(self, kind: str, data: bytes, unix_s: float) -> bytes | None:
        """Return the response's EXI, FAILED ones included; None where the request is none.  unix_s: now."""
        try:
            _name, message = exi.decode(grammars.iso2(), data, 0, len(data))
            body, header = message["Body"][kind], message["Header"]
        except (ExiError, KeyError) as error:
            self._say(f"a {kind} that cannot be read: {error}")
            return None
        with self._lock:
            return self._answer(kind, body, header, datetime.fromtimestamp(unix_s, UTC))

    def _answer(self, kind: str, body: dict[str, Any], header: dict[str, Any], now: datetime) -> bytes:
        sent: dict[str, Any] = {"SessionID": header["SessionID"]}
        try:
            pki = Pki(self._folder)
            provider = _provider(pki, now)
            name, receiver = (_install if kind == INSTALLATION else _update)(pki, body, header, now)
            contracts.must_hold(pki, name, profiles.CONTRACT, now)
            response, elements = _response(pki, name, provider, receiver)
            sent["Signature"] = signing.signature(elements, _key(pki, provider))
            self._say(f"contract {pki.entry(name).common_name} handed out for {kind}")
        except (RefusedError, ToolError, OSError) as error:
            code = error.code if isinstance(error, RefusedError) else codes.FAILED
            self._say(f"{kind} refused with {code}: {error}")
            response = responses.make(states.number_of(kind), None, code)
        value = {"Header": sent, "Body": {states.response_of(kind): response}}
        out = bytearray(EXCHANGE_MAX)
        return bytes(out[: exi.encode(grammars.iso2(), _MESSAGE, value, out, 0)])


def _install(pki: Pki, body: dict[str, Any], header: dict[str, Any], now: datetime) -> tuple[str, bytes]:
    leaf = contracts.valid_vehicle(pki, body["OEMProvisioningCert"], now)
    _check_signature(header, INSTALLATION, body, leaf.public_key)
    return contracts.for_vehicle(pki, leaf.common_name, now), leaf.public_key


def _update(pki: Pki, body: dict[str, Any], header: dict[str, Any], now: datetime) -> tuple[str, bytes]:
    leaf = contracts.valid_contract(pki, body["ContractSignatureCertChain"], now)
    _check_signature(header, UPDATE, body, leaf.public_key)
    return contracts.renewed(pki, leaf.common_name, now), leaf.public_key


def _check_signature(header: dict[str, Any], kind: str, body: dict[str, Any], public_key: bytes) -> None:
    checked = signing.check(header, kind, body, public_key)
    if checked != journal.OK:
        raise RefusedError(codes.SIGNATURE_ERROR, journal_text.text(checked))


def _provider(pki: Pki, now: datetime) -> str:
    """Return the name of the CPS certificate to sign with."""
    found = pki.names("cps")
    if not found:
        raise RefusedError(codes.NO_CERTIFICATE, "the PKI has no CPS certificate")
    contracts.must_hold(pki, found[0], profiles.CPS, now)
    return found[0]


def _response(pki: Pki, name: str, provider: str, receiver: bytes) -> tuple[dict[str, Any], list[signing.Element]]:
    """Return the response's body, and its signed elements in the order of the standard."""
    public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), receiver)
    dh_public_key, sealed = key_transport.seal(_key(pki, name), public_key)
    signed: dict[str, Any] = {
        "ContractSignatureCertChain": {"Id": "id1", **_chain(pki, name)},
        "ContractSignatureEncryptedPrivateKey": {"Id": "id2", "": sealed},
        "DHpublickey": {"Id": "id3", "": dh_public_key},
        "eMAID": {"Id": "id4", "": pki.entry(name).common_name},
    }
    body = {"ResponseCode": codes.OK, "SAProvisioningCertificateChain": _chain(pki, provider), **signed}
    return body, list(signed.items())


def _chain(pki: Pki, name: str) -> dict[str, Any]:
    leaf, *subs = (pki.certificate(each).public_bytes(Encoding.DER) for each in pki.chain(name)[:-1])
    return {"Certificate": leaf, "SubCertificates": {"Certificate": subs}}


def _key(pki: Pki, name: str) -> ec.EllipticCurvePrivateKey:
    key = pki.key(name)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ToolError(f"{name}: a key on P-256 it has to be")
    return key
