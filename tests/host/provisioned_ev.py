"""An EV that asks for a contract and looks at what it gets, from keys in a PKI folder."""

from __future__ import annotations

from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pki_helpers import der

from certs.v2g import Pki
from gridkeel.v2g import exi, grammars
from gridkeel.v2g.iso2 import states
from host_tools.backend import key_transport, signing
from host_tools.backend.provisioning import INSTALLATION, UPDATE

SESSION_ID = bytes(range(8))
_ROOTS = {"RootCertificateID": [{"X509IssuerName": "CN=V2G Root CA", "X509SerialNumber": 7}]}


def installation(pki: Pki, vehicle: str = "oem", signer: str = "", signed: bool = True) -> bytes:
    """Return a CertificateInstallationReq; signer: whose key signs, the vehicle's own where none is given."""
    body = {"Id": "id1", "OEMProvisioningCert": der(pki.certificate(vehicle)), "ListOfRootCertificateIDs": _ROOTS}
    return _request(INSTALLATION, body, pki.key(signer or vehicle) if signed else None)


def update(pki: Pki, contract: str = "contract") -> bytes:
    """Return a CertificateUpdateReq, signed with the contract's present key."""
    leaf, *subs = (der(pki.certificate(name)) for name in pki.chain(contract)[:-1])
    body = {
        "Id": "id1",
        "ContractSignatureCertChain": {"Certificate": leaf, "SubCertificates": {"Certificate": subs}},
        "eMAID": pki.entry(contract).common_name,
        "ListOfRootCertificateIDs": _ROOTS,
    }
    return _request(UPDATE, body, pki.key(contract))


def _request(kind: str, body: dict[str, Any], key: Any) -> bytes:
    header: dict[str, Any] = {"SessionID": SESSION_ID}
    if key is not None:
        header["Signature"] = signing.signature([(kind, body)], key)
    out = bytearray(8192)
    message = {"Header": header, "Body": {kind: body}}
    return bytes(out[: exi.encode(grammars.iso2(), "V2G_Message", message, out, 0)])


class Response:
    """A response, and an EV's own look at it."""

    def __init__(self, kind: str, data: bytes | None) -> None:
        assert data is not None
        name, message = exi.decode(grammars.iso2(), data, 0, len(data))
        assert name == "V2G_Message" and message["Header"]["SessionID"] == SESSION_ID
        self.header = message["Header"]
        self.body = message["Body"][states.response_of(kind)]
        self.code = self.body["ResponseCode"]

    @property
    def contract(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.body["ContractSignatureCertChain"]["Certificate"])

    def check(self, key: Any) -> None:
        """Check the signature over the four elements and that the key that came fits the certificate that came."""
        assert self.code == "OK"
        info = self.header["Signature"]["SignedInfo"]
        names = ("ContractSignatureCertChain", "ContractSignatureEncryptedPrivateKey", "DHpublickey", "eMAID")
        again = signing.signature([(name, self.body[name]) for name in names], ec.generate_private_key(ec.SECP256R1()))
        assert info == again["SignedInfo"]  # the digests are those of what came
        out = bytearray(4096)
        size = exi.encode_fragment(grammars.xmldsig(), "SignedInfo", info, out, 0)
        value = self.header["Signature"]["SignatureValue"][""]
        pair = encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
        provider = x509.load_der_x509_certificate(self.body["SAProvisioningCertificateChain"]["Certificate"])
        public_key = provider.public_key()
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        public_key.verify(pair, bytes(out[:size]), ec.ECDSA(SHA256()))
        sealed = self.body["ContractSignatureEncryptedPrivateKey"][""]
        assert len(sealed) == 48 and len(self.body["DHpublickey"][""]) == 65
        number = key_transport.unseal(sealed, self.body["DHpublickey"][""], key)
        made = ec.derive_private_key(int.from_bytes(number, "big"), ec.SECP256R1()).public_key()
        assert made == self.contract.public_key()
