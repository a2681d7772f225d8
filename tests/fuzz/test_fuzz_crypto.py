"""Damaged certificates, lists and signatures: refused with a code, and nothing else ever happens."""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "host"))

from crypto_pki import NOW_S, World, drive, revoke, world  # noqa: E402

from gridkeel.crypto import chain, crl, ecdsa, profiles, refusals_text, trust, x509  # noqa: E402
from gridkeel.errors import CertificateError  # noqa: E402

ROUNDS = 30_000


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one to four small damages."""
    out = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(out) + 1)
        size = chance.randint(1, 8)
        match chance.randrange(6):
            case 0 if out:
                out[at % len(out)] ^= 1 << chance.randrange(8)
            case 1 if out:
                out[at % len(out)] = chance.choice((0, 1, 0x7F, 0x80, 0x81, 0x82, 0xFF, 0x30, 0x02))
            case 2:
                del out[at : at + size]
            case 3:
                out[at:at] = chance.randbytes(size)
            case 4:
                out[at:at] = out[at : at + size]
            case 5 if chance.random() < 0.2:
                del out[at:]
    return bytes(out)


def check(parse, data: bytes) -> bool:
    """Return whether it was taken; what is refused has a code of the catalogue."""
    try:
        found = parse(data)
        if hasattr(found, "send"):
            drive(found)
    except CertificateError as error:
        assert error.code in [row[0] for row in refusals_text.CATALOGUE]
        return False
    return True


def fuzz(parse, good: bytes, seed: int) -> None:
    assert check(parse, good)
    chance = random.Random(seed)
    taken = sum(check(parse, damaged(good, chance)) for _ in range(ROUNDS))
    # Damage that changes a value and no structure is for the signature to find.
    assert 0 < taken < ROUNDS / 2


def test_certificates() -> None:
    made = world()
    for seed, node in enumerate((made.leaf, made.sub_1)):
        fuzz(x509.parse, node.der, seed)


def test_lists() -> None:
    made = world()
    fuzz(crl.parse, revoke(made.sub_2, made.leaf, made.sub_1), 3)


def test_signatures() -> None:
    fuzz(ecdsa.from_der, world().leaf.certificate.signature, 4)


def test_noise() -> None:
    chance = random.Random(5)
    for _ in range(ROUNDS):
        data = chance.randbytes(chance.randrange(100))
        for parse in (x509.parse, crl.parse, ecdsa.from_der):
            assert not check(parse, data)
            assert not check(parse, b"\x30" + bytes((len(data),)) + data)


def validate(made: World, chained: list[bytes], known: trust.Known) -> int:
    return drive(chain.validate(chained, [made.root.der], NOW_S, [], profiles.CONTRACT, known))


def test_every_bit_of_a_leaf_counts() -> None:
    made = world()
    known = trust.Known()
    leaf, *above = made.chain
    assert validate(made, made.chain, known) == chain.OK
    for bit in range(8 * len(leaf)):
        data = bytearray(leaf)
        data[bit >> 3] ^= 1 << (bit & 7)
        assert validate(made, [bytes(data), *above], known) != chain.OK, bit


def test_every_byte_of_a_sub_ca_counts() -> None:
    made = world()
    known = trust.Known()
    leaf, sub_2, sub_1 = made.chain
    for at in range(len(sub_2)):
        data = bytearray(sub_2)
        data[at] ^= 1 << at % 8
        assert validate(made, [leaf, bytes(data), sub_1], known) != chain.OK, at
