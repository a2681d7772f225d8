"""The signature in a message's header (ISO 15118-2, 7.9.2.4): over one body element, as EXI fragments.

The element is encoded again as a fragment of the -2 grammar and its digest compared, then SignedInfo as a fragment of
the plain xmldsig grammar and its ECDSA signature checked.  Algorithms are compared to the letter: a signature is
either made as the standard says, or not at all.
"""

import hashlib

from gridkeel import TYPE_CHECKING, errors
from gridkeel.crypto import ecdsa
from gridkeel.v2g import exi, grammars, journal
from gridkeel.v2g.iso2 import states

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.v2g.iso2.context import Context

CANONICAL_EXI = "http://www.w3.org/TR/canonical-exi/"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def check(
    context: "Context",
    header: dict,
    name: str,
    body: dict,
    public_key: bytes,
    verify: "Callable[[bytes, bytes, bytes], Generator[None, None, bool]]" = ecdsa.verify,
) -> "Generator[None, None, int]":
    """Generator, yields None between slices; return journal.OK or what is wrong, a code of journal.py.

    name, body: the signed element, with its Id.  public_key: 65 bytes.  verify: as ecdsa.verify.  The result
    is logged, too.
    """
    begun_ms = context.now_ms
    result = yield from _check(context.scratch, header, name, body, public_key, verify)
    context.log(journal.KIND_SIGNATURE, journal.REQUESTS + states.number_of(name), result, context.since(begun_ms))
    return result


def _check(scratch, header, name, body, public_key, verify):
    signature = header.get("Signature")
    if signature is None:
        return journal.SIGNATURE_MISSING
    info = signature["SignedInfo"]
    value = signature["SignatureValue"][""]
    found = _form(info, value)
    if found != journal.OK:
        return found
    reference = info["Reference"][0]
    if not body.get("Id") or reference.get("URI") != "#" + body["Id"]:
        return journal.SIGNATURE_REFERENCE
    try:
        digest = yield from _digest(scratch, grammars.iso2(), name, body)
        yield
        if digest != reference["DigestValue"]:
            return journal.SIGNATURE_DIGEST
        signed = yield from _digest(scratch, grammars.xmldsig(), "SignedInfo", info)
    except errors.ExiError:
        # An element no larger than the message it came in is always encoded: this one is none.
        return journal.SIGNATURE_FORM
    yield
    matches = yield from verify(public_key, signed, value)
    return journal.OK if matches else journal.SIGNATURE_MISMATCH


def _form(info, value):
    references = info["Reference"]
    if len(value) != ecdsa.SIGNATURE_BYTES or len(references) != 1:
        return journal.SIGNATURE_FORM
    transforms = references[0].get("Transforms", {}).get("Transform", [])
    algorithms = (
        info["CanonicalizationMethod"]["Algorithm"],
        info["SignatureMethod"]["Algorithm"],
        references[0]["DigestMethod"]["Algorithm"],
    )
    if algorithms != (CANONICAL_EXI, ECDSA_SHA256, SHA256):
        return journal.SIGNATURE_FORM
    if len(transforms) != 1 or transforms[0]["Algorithm"] != CANONICAL_EXI:
        return journal.SIGNATURE_FORM
    return journal.OK


def _digest(scratch, schema, name, value):
    end = yield from exi.encode_steps(schema, name, value, scratch, 0, True)
    return hashlib.sha256(memoryview(scratch)[:end]).digest()
