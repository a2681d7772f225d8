"""The codec against EXIficient, on fewer messages than run_oracle.py takes; skipped with a message without Java."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import exi_oracle
import pytest
from exi_compare import Comparison, compare, no_bounds, schema
from exi_messages import Messages
from exi_oracle import Oracle, infoset

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds
from host_tools.generate.exi import sources

_COUNT = 300
_ROOM = 1 << 20


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    exi_oracle.required()
    with sources.prepared() as prepared:
        yield prepared


@pytest.fixture(scope="module")
def oracle(folder: Path) -> Iterator[Oracle]:
    with Oracle(folder) as process:
        yield process


@pytest.fixture(params=list(sources.MAIN))
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def test_random_messages_are_the_same_bytes(oracle: Oracle, folder: Path, name: str) -> None:
    messages = Messages(sources.load(folder, name), random.Random(f"test {name}"))
    made = Comparison()
    with no_bounds():
        compare(oracle, name, [messages.message() for _ in range(_COUNT)], made)
    assert not made.differences, made.differences[0]
    assert made.messages == _COUNT


def test_the_random_messages_are_valid(folder: Path, name: str) -> None:
    xsd = sources.load(folder, name)
    messages = Messages(xsd, random.Random(f"valid {name}"))
    for _ in range(40):
        reasons = [str(error.reason) for error in xsd.iter_errors(messages.message().xml)]
        # DIN 70121 declares the Id of what is signed as an IDREF, to which there is no ID.
        assert [reason for reason in reasons if name != "din" or "IDREF" not in reason] == []


def test_every_element_as_a_fragment_is_the_same_bytes(oracle: Oracle, folder: Path, name: str) -> None:
    messages = Messages(sources.load(folder, name), random.Random(f"fragment {name}"))
    made = Comparison()
    with no_bounds():
        compare(oracle, name, [messages.fragment(one) for one in messages.fragments()], made, fragment=True)
    assert not made.differences, made.differences[0]
    assert made.messages == len(messages.fragments()) > 8


def test_lists_of_the_greatest_length_are_the_same_bytes(oracle: Oracle, folder: Path, name: str) -> None:
    messages = Messages(sources.load(folder, name), random.Random(f"lists {name}"), longest=1)
    made, full = Comparison(), []
    for root, child in messages.lists():
        messages.full = child
        full.append(messages.fragment(root))
    with no_bounds():
        compare(oracle, name, full, made, fragment=True)
    assert not made.differences, made.differences[0]


def test_empty_values_are_read_by_both(oracle: Oracle, folder: Path, name: str) -> None:
    """Nothing between an element's tags reaches EXIficient's encoder as no event at all; its decoder is what counts."""
    messages = Messages(sources.load(folder, name), random.Random(f"empty {name}"), shortest=0)
    made = [messages.message() for _ in range(60)]
    out = bytearray(1 << 20)
    bodies = []
    with no_bounds():
        for message in made:
            end = exi.encode(schema(name), message.name, message.value, out, 0)
            bodies.append(bytes(out[:end]))
            assert exi.decode(schema(name), out, 0, end) == (message.name, message.value)
    for message, document in zip(made, oracle.decode(name, [body.hex() for body in bodies]), strict=True):
        assert document is not None
        assert infoset(document) == infoset(message.xml)


def test_an_element_without_content_is_refused(oracle: Oracle) -> None:
    """EXIficient takes the end of an element where characters have to be for a deviation from the schema."""
    [body] = oracle.encode("xmldsig", ['<KeyName xmlns="http://www.w3.org/2000/09/xmldsig#"/>'])
    assert body is not None
    with pytest.raises(ExiError, match="an empty element is none"):
        exi.decode(schema("xmldsig"), bytes.fromhex(body), 0, len(body) // 2)


def test_octets_behind_a_document_are_passed_over_by_both(oracle: Oracle, folder: Path, name: str) -> None:
    """EXIficient reads to the document's end and looks no further; here a bound says how much may follow."""
    messages = Messages(sources.load(folder, name), random.Random(f"trailing {name}"))
    tails = [octet * count for octet in (b"\0", b"\1", b"\x80", b"\xff") for count in (1, 2, 3, 4, 5, 8, 64)]
    for message in (messages.message() for _ in range(10)):
        out = bytearray(_ROOM)
        with no_bounds():
            body = bytes(out[: exi.encode(schema(name), message.name, message.value, out, 0)])
            documents = oracle.decode(name, [(body + tail).hex() for tail in tails])
            for tail, document in zip(tails, documents, strict=True):
                assert document is not None
                assert infoset(document) == infoset(message.xml)
                data = body + tail
                if len(tail) <= bounds.TRAILING_BYTES:
                    assert exi.decode(schema(name), data, 0, len(data)) == (message.name, message.value)
                else:
                    with pytest.raises(ExiError, match="behind the end"):
                        exi.decode(schema(name), data, 0, len(data))


def test_a_name_of_two_types_as_a_fragment_is_the_same_bytes(oracle: Oracle) -> None:
    spaces = 'xmlns="urn:iso:15118:2:2013:MsgBody" xmlns:a="urn:iso:15118:2:2013:MsgDataTypes"'
    text = "DE8AA1A2B3C4D59"
    documents = [f'<eMAID {spaces} a:Id="id1">{text}</eMAID>', f"<eMAID {spaces}>{text}</eMAID>"]
    values = [{"": text, "Id": "id1"}, {"": text}]
    for body, value in zip(oracle.encode("iso2", documents, fragment=True), values, strict=True):
        assert body is not None
        out = bytearray(100)
        assert out[: exi.encode_fragment(schema("iso2"), "eMAID", value, out, 0)].hex() == body
        assert exi.decode_fragment(schema("iso2"), bytes.fromhex(body), 0, len(body) // 2) == ("eMAID", value)
