"""Signatures that another implementation made, checked on every interpreter; one key, thrown away after it signed.

Made with the EXI codec and create_signature of the PyPI package iso15118 0.31.2.
"""

from binascii import unhexlify

from small_heap import COLLECTED

from gridkeel.v2g import exi, grammars, journal, signatures
from gridkeel.v2g.iso2 import states

WASM_GROUP = 1

KEY = unhexlify(
    "04e5cce7e37e733ed92fc1fce386cb2e11fd077fa08dac4425f040d7d463058eaa9b172ee9a76573459a04c80f1831751a878475"
    "6ec6467dfcd3e221bfd9142713"
)
AUTHORIZATION = unhexlify(
    "809802004080c1014181c20a895a1d1d1c0e8bcbddddddcb9dcccb9bdc99cbd5148bd8d85b9bdb9a58d85b0b595e1a4bd0d5a1d1"
    "d1c0e8bcbddddddcb9dcccb9bdc99cbcc8c0c0c4bcc0d0bde1b5b191cda59cb5b5bdc9948d958d91cd84b5cda184c8d4d910311b"
    "4b218812b43a3a381d1797bbbbbb973b999737b93397aa2917b1b0b737b734b1b0b616b2bc3497a429687474703a2f2f7777772e"
    "77332e6f72672f323030312f30342f786d6c656e63237368613235364202ad5bb7d379f0b4f0949d09d5ab34a1bb60ae115ca307"
    "6bd8eaee5b878c28f6c12803bd3d1157d2a9b7a70685a82a2d4084880ee40c668b3e02751be87affd638db921654d7636cb4996a"
    "e6b2a8fad8a38b5ad68365a49984ab722991570fafbc3008000569643102000020406080a0c0e10121416181a1c1e0"
)
RECEIPT = unhexlify(
    "809802004080c1014181c20a895a1d1d1c0e8bcbddddddcb9dcccb9bdc99cbd5148bd8d85b9bdb9a58d85b0b595e1a4bd0d5a1d1"
    "d1c0e8bcbddddddcb9dcccb9bdc99cbcc8c0c0c4bcc0d0bde1b5b191cda59cb5b5bdc9948d958d91cd84b5cda184c8d4d910311b"
    "4b218812b43a3a381d1797bbbbbb973b999737b93397aa2917b1b0b737b734b1b0b616b2bc3497a429687474703a2f2f7777772e"
    "77332e6f72672f323030312f30342f786d6c656e632373686132353642054ead7303dca56b2c13dc2fe900bc7a4b8381fa935435"
    "5335858818835ac930512810d9cd5a8cbef0697b768ead78a31bd91d700bbde4d4d2828aa2243a8784dd4754a0cc703c880aebc2"
    "8ad64b61947d30e979ed0796e9fb547d34d18ac712b06c483c0569643102004080c1014181c200000253515511548b4c41a41244"
    "07be26a83000"
)


class Context:
    """As much of a session as a check of a signature needs."""

    def __init__(self):
        self.scratch = bytearray(512)
        self.now_ms = 5
        self.logged = []

    def log(self, *entry):
        self.logged.append(entry)

    def since(self, begun_ms):
        return self.now_ms - begun_ms


def read(data):
    _name, message = exi.decode(grammars.iso2(), data, 0, len(data))
    return message["Header"], message["Body"]


def checked(header, name, body, key=KEY):
    context = Context()
    work = signatures.check(context, header, name, body, key)
    try:
        while True:
            next(work)
    except StopIteration as done:
        subject = journal.REQUESTS + states.number_of(name)
        assert context.logged == [(journal.KIND_SIGNATURE, subject, done.value, 0)]
        return done.value


def test_a_challenge_signed_by_another_implementation_is_accepted():
    if not COLLECTED:
        return  # the curve leaves a megabyte of garbage: test_crypto_signature has that build to itself
    header, body = read(AUTHORIZATION)
    assert header["SessionID"] == bytes((1, 2, 3, 4, 5, 6, 7, 8))
    assert body["AuthorizationReq"] == {"Id": "id1", "GenChallenge": bytes(range(16))}
    assert checked(header, "AuthorizationReq", body["AuthorizationReq"]) == journal.OK


def test_a_receipt_signed_by_another_implementation_is_accepted():
    if not COLLECTED:
        return  # the curve leaves a megabyte of garbage: test_crypto_signature has that build to itself
    header, body = read(RECEIPT)
    assert checked(header, "MeteringReceiptReq", body["MeteringReceiptReq"]) == journal.OK


def test_another_element_under_the_signature_is_refused():
    header, body = read(AUTHORIZATION)
    element = body["AuthorizationReq"]
    element["GenChallenge"] = bytes(16)
    assert checked(header, "AuthorizationReq", element) == journal.SIGNATURE_DIGEST
    element["Id"] = "id2"
    assert checked(header, "AuthorizationReq", element) == journal.SIGNATURE_REFERENCE
    del element["Id"]
    assert checked(header, "AuthorizationReq", element) == journal.SIGNATURE_REFERENCE
    assert checked({"SessionID": b""}, "AuthorizationReq", element) == journal.SIGNATURE_MISSING


def test_the_whole_digest_counts():
    header, body = read(AUTHORIZATION)
    reference = header["Signature"]["SignedInfo"]["Reference"][0]
    for place in (0, 15, 31):
        digest = bytearray(reference["DigestValue"])
        digest[place] ^= 1
        kept, reference["DigestValue"] = reference["DigestValue"], bytes(digest)
        assert checked(header, "AuthorizationReq", body["AuthorizationReq"]) == journal.SIGNATURE_DIGEST
        reference["DigestValue"] = kept


def test_an_element_that_is_too_long_to_be_encoded_is_not_signed():
    header, body = read(AUTHORIZATION)
    context = Context()
    context.scratch = bytearray(12)
    work = signatures.check(context, header, "AuthorizationReq", body["AuthorizationReq"], KEY)
    try:
        while True:
            next(work)
    except StopIteration as done:
        assert done.value == journal.SIGNATURE_FORM


def test_a_signature_of_another_message_is_refused():
    if not COLLECTED:
        return  # the curve leaves a megabyte of garbage: test_crypto_signature has that build to itself
    header, body = read(AUTHORIZATION)
    other, _body = read(RECEIPT)
    header["Signature"]["SignatureValue"] = other["Signature"]["SignatureValue"]
    assert checked(header, "AuthorizationReq", body["AuthorizationReq"]) == journal.SIGNATURE_MISMATCH


def test_a_signature_of_another_key_is_refused():
    header, body = read(AUTHORIZATION)
    key = KEY[:-1] + bytes((KEY[-1] ^ 1,))  # no point of the curve
    assert checked(header, "AuthorizationReq", body["AuthorizationReq"], key) == journal.SIGNATURE_MISMATCH


def form(change):
    """Return what a check says of a signature that `change` changed."""
    header, body = read(AUTHORIZATION)
    change(header["Signature"])
    return checked(header, "AuthorizationReq", body["AuthorizationReq"])


def reference_of(signature):
    return signature["SignedInfo"]["Reference"][0]


def test_forms_that_the_standard_does_not_know_are_refused():
    def short(signature):
        signature["SignatureValue"][""] = signature["SignatureValue"][""][:63]

    def transforms(signature):
        both = reference_of(signature)["Transforms"]
        both["Transform"] = both["Transform"] * 2

    def untransformed(signature):
        del reference_of(signature)["Transforms"]

    def twice(signature):
        signature["SignedInfo"]["Reference"] = signature["SignedInfo"]["Reference"] * 2

    for change in (short, transforms, untransformed, twice):
        assert form(change) == journal.SIGNATURE_FORM, change


def test_algorithms_that_are_not_the_standard_s_are_refused():
    def canonical(signature):
        signature["SignedInfo"]["CanonicalizationMethod"]["Algorithm"] = "http://www.w3.org/2001/10/xml-exc-c14n#"

    def transform(signature):
        reference_of(signature)["Transforms"]["Transform"][0]["Algorithm"] += "/"

    def method(signature):
        signature["SignedInfo"]["SignatureMethod"]["Algorithm"] = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

    def digest(signature):
        reference_of(signature)["DigestMethod"]["Algorithm"] = "http://www.w3.org/2000/09/xmldsig#sha1"

    for change in (canonical, transform, method, digest):
        assert form(change) == journal.SIGNATURE_FORM, change
