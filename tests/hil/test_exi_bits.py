"""The messages that no encoder makes are what an encoder without the schema's ends would have made."""

from __future__ import annotations

import os

import pytest

from gridkeel.errors import ExiError
from gridkeel.v2g import exi, grammars
from hil.interop import bits
from hil.scripted_vehicle import messages
from host_tools.errors import ToolError

SESSION = b"\x01" * 8
LONGEST = 1600  # the schema's 800, twice


def _details(*chain: bytes) -> bytes:
    leaf, *subs = chain
    sent = {"Certificate": leaf, "SubCertificates": {"Certificate": subs}}
    body = {"eMAID": "DE8AA001234567", "ContractSignatureCertChain": sent}
    return messages.payload(messages.request("PaymentDetailsReq", body, SESSION))


def _decode(message: bytes) -> None:
    exi.decode(grammars.iso2(), message, 0, len(message))


@pytest.mark.parametrize("longer", [500, 127, 128, LONGEST])
def test_a_message_within_the_schema_is_what_the_encoder_makes(longer: int) -> None:
    leaf, other, *subs = (os.urandom(n) for n in (400, longer, 300, 310))
    assert bits.replaced(_details(leaf, *subs), leaf, other) == _details(other, *subs)


def test_a_message_with_an_item_more_is_what_the_encoder_makes() -> None:
    leaf, *subs = (os.urandom(n) for n in (400, 300, 310, 320))
    made, wanted = bits.appended(_details(leaf, *subs[:2]), (subs[0], subs[1]), subs[2]), _details(leaf, *subs)
    assert made in (wanted, wanted + b"\0")  # where a message's own padding begins does not show in it


def test_one_byte_over_the_schema_is_refused_for_its_length() -> None:
    leaf, sub = os.urandom(LONGEST), os.urandom(300)
    _decode(_details(leaf, sub))
    with pytest.raises(ExiError, match="1601"):
        _decode(bits.replaced(_details(leaf, sub), leaf, os.urandom(LONGEST + 1)))


def test_a_fifth_certificate_is_refused() -> None:
    chain = [os.urandom(300) for _ in range(6)]
    _decode(_details(*chain[:5]))
    with pytest.raises(ExiError):
        _decode(bits.appended(_details(*chain[:5]), (chain[3], chain[4]), chain[5]))


def test_a_part_that_is_not_there_is_reported() -> None:
    with pytest.raises(ToolError, match="0 times"):
        bits.replaced(_details(b"\x55" * 300, b"\xaa" * 300), b"\x11" * 300, b"")
