"""Contracts for session tests: keys and certificates made on the spot, and a car that signs with them."""

import hashlib

import der_maker
from evcc import Bench, Car, Noise

from gridkeel.crypto import ecdsa, multiples, p256
from gridkeel.v2g import exi, grammars, signatures
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import modes

_SCRATCH = bytearray(1024)
EMAID = "DE8AA1A2B3C4D59"
_KEY_USAGE = b"\x55\x1d\x0f"
_CONSTRAINTS = b"\x55\x1d\x13"
_SIGNS = der_maker.extension(_KEY_USAGE, b"\x03\x02\x07\x80", True)
_NO_CA = der_maker.extension(_CONSTRAINTS, b"\x30\x00", True)
_SIGNS_CERTIFICATES = der_maker.extension(_KEY_USAGE, b"\x03\x02\x01\x06", True)
_CA = der_maker.extension(_CONSTRAINTS, b"\x30\x03\x01\x01\xff", True)


def drive(work):
    """Run a generator to its end; return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            return done.value


class Key:
    """A P-256 key pair of this run alone."""

    noise = Noise()

    def __init__(self):
        self.private = (int.from_bytes(Key.noise(32), "big") % (p256.N - 1) + 1).to_bytes(32, "big")
        scalar = int.from_bytes(self.private, "big")
        x, y, z = drive(multiples.multiply_base(scalar, 1))
        over = pow(z, p256.P - 2, p256.P)
        x, y = x * over * over % p256.P, y * over * over * over % p256.P
        self.public = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def sign(self, data):
        return drive(ecdsa.sign(self.private, hashlib.sha256(data).digest(), Key.noise))


def certificate(
    common_name, key, issuer_name, issuer_key, ca=False, validity=None, serial=b"\x02\x02\x01\x23", more=()
):
    """Return the DER of a certificate that the issuer's key signed; more: extensions."""
    parts = ((_SIGNS_CERTIFICATES, _CA) if ca else (_SIGNS, _NO_CA)) + more
    tbs = der_maker.sequence(
        der_maker.VERSION,
        serial,
        der_maker.ALGORITHM,
        der_maker.name(issuer_name),
        validity or der_maker.validity(),
        der_maker.name(common_name),
        der_maker.public_key(key.public),
        der_maker.extensions(*parts),
    )
    signature = issuer_key.sign(tbs)
    pair = der_maker.sequence(_integer(signature[:32]), _integer(signature[32:]))
    return der_maker.sequence(tbs, der_maker.ALGORITHM, der_maker.tlv(0x03, b"\x00", pair))


def sized(size, *parts, **named):
    """Return the DER of a certificate of exactly `size` bytes, 0 for as many as it takes."""
    made = certificate(*parts, **named)
    pad, attempt = size - len(made) - 20, 0
    while size and len(made) != size:  # a signature varies by a byte or two
        padding = der_maker.extension(b"\x2a\x03\x06", der_maker.tlv(0x04, bytes(pad)))
        made = certificate(*parts, serial=bytes((2, 2, 1, attempt)), more=(padding,), **named)
        pad += size - len(made)
        attempt = (attempt + 1) & 0x7F
    return made


def _integer(data):
    data = data.lstrip(b"\x00")
    return der_maker.tlv(0x02, (b"\x00" if data[0] & 0x80 else b"") + data)


class Operator:
    """A mobility operator: a root, and contracts below it; sub_bytes: size of each sub-CA's certificate."""

    def __init__(self, sub_cas=0, sub_bytes=0):
        self.key = Key()
        self.root = certificate(b"MO root", self.key, b"MO root", self.key, ca=True)
        self.chain = []
        self._issuer = b"MO root", self.key
        for number in range(sub_cas):
            name, key = b"MO sub-CA %d" % (number + 1), Key()
            self.chain.insert(0, sized(sub_bytes, name, key, *self._issuer, ca=True))
            self._issuer = name, key

    def contract(self, emaid=EMAID, **parts):
        """Return the key and the chain (the leaf first) of a new contract."""
        key = Key()
        return key, [certificate(emaid.encode(), key, *self._issuer, **parts)] + self.chain


class ContractCar(Car):
    """A car with a contract: it signs what a contract signs."""

    def __init__(self, bench, key, chain, mode="AC_single_phase_core", emaid=EMAID):
        super().__init__(bench, mode, modes.CONTRACT)
        self.key = key
        self.chain = chain
        self.emaid = emaid
        self.challenge = b""

    def details(self):
        sent = {"Certificate": self.chain[0]}
        if len(self.chain) > 1:
            sent["SubCertificates"] = {"Certificate": self.chain[1:]}
        return {"eMAID": self.emaid, "ContractSignatureCertChain": sent}

    def to_details(self, code="OK"):
        self.to_selected()
        self.challenge = self.ask("PaymentDetailsReq", self.details(), code)["GenChallenge"]

    def to_authorized(self):
        self.to_details()
        self.ask_signed("AuthorizationReq", {"Id": "id1", "GenChallenge": self.challenge})

    def ask_signed(self, name, body, code="OK"):
        self.signature = self.sign(name, body)
        try:
            return self.ask(name, body, code)
        finally:
            self.signature = None

    def sign(self, name, body):
        """Return the Signature element for one body element."""
        end = exi.encode_fragment(grammars.iso2(), name, body, _SCRATCH, 0)
        info = signed_info(body["Id"], hashlib.sha256(_SCRATCH[:end]).digest())
        end = exi.encode_fragment(grammars.xmldsig(), "SignedInfo", info, _SCRATCH, 0)
        return {"SignedInfo": info, "SignatureValue": {"": self.key.sign(_SCRATCH[:end])}}


def signed_info(identity, digest):
    return {
        "CanonicalizationMethod": {"Algorithm": signatures.CANONICAL_EXI},
        "SignatureMethod": {"Algorithm": signatures.ECDSA_SHA256},
        "Reference": [
            {
                "URI": "#" + identity,
                "Transforms": {"Transform": [{"Algorithm": signatures.CANONICAL_EXI}]},
                "DigestMethod": {"Algorithm": signatures.SHA256},
                "DigestValue": digest,
            }
        ],
    }


def bench_for(operator, dc=False, backend=None, changes=None, **credentials):
    trusted = Credentials(mo_roots=[operator.root], **credentials)
    return Bench(dc=dc, secured=True, credentials=trusted, backend=backend, changes=changes)
