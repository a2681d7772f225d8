"""Paths up to their signatures, which are not real here: tests/host validates real ones, on MicroPython too."""

from der_maker import (
    KEY_USAGE,
    G,
    certificate,
    drive,
    extension,
    extensions,
    name,
    public_key,
    revocation_list,
    sequence,
    tlv,
)

from gridkeel.crypto import chain, crl, p256, profiles, x509

WASM_GROUP = 3
UNIX_S = 1800000000
MAY_CERTIFY = extension(b"\x55\x1d\x0f", b"\x03\x02\x01\x06", True)
MAY_LIST = extension(b"\x55\x1d\x0f", b"\x03\x02\x01\x02", True)
MINUS_G = G[:33] + (p256.P - int.from_bytes(G[33:], "big")).to_bytes(32, "big")
TWICE_G = bytes.fromhex(
    "047cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978"
    "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1"
)
# Numbers past the order: refused at once, and so no reason for the 32-bit build to run out of its heap.
NEVER = sequence(b"\x02\x21\x00" + b"\xff" * 32, b"\x02\x21\x00" + b"\xff" * 32)


def constraints(path_len=None):
    length = b"" if path_len is None else bytes((2, 1, path_len))
    return extension(b"\x55\x1d\x13", tlv(0x30, b"\x01\x01\xff", length), True)


def authority(subject, issuer, path_len=None, usage=MAY_CERTIFY, **more):
    return certificate(
        subject=name(subject), issuer=name(issuer), extensions=extensions(constraints(path_len), usage), **more
    )


ROOT = authority(b"root", b"root")
SUB_1 = authority(b"sub 1", b"root", 1)
SUB_2 = authority(b"sub 2", b"sub 1", 0)


def contract(issuer=b"sub 2", **more):
    return certificate(subject=name(b"UKSWI123456791A"), issuer=name(issuer), signature=NEVER, **more)


LEAF = contract()


class Trusting:
    """Knows the signatures of sub-CAs and lists, counts how often it was asked for one, and verifies a leaf's."""

    def __init__(self):
        self.asked = 0

    def signed_by(self, signed, public_key):
        if isinstance(signed, x509.Certificate) and not signed.is_ca:
            return (yield from signed.signed_by(public_key))
        self.asked += 1
        yield
        return True


def code(path=(LEAF, SUB_2, SUB_1), roots=(ROOT,), unix_s=UNIX_S, crls=(), needs_crl=False, known=None):
    profile = profiles.Profile("contract", is_emaid=True, needs_crl=needs_crl)
    return drive(chain.validate(path, roots, unix_s, crls, profile, known or Trusting()))


def answer(**arguments):
    return chain.name(code(**arguments))


class Signers:
    """Knows which key signed what."""

    def __init__(self, *pairs):
        self.pairs = pairs

    def signed_by(self, signed, key):
        yield
        return (signed.data, key) in self.pairs


def test_a_leaf_below_its_root_is_a_path():
    leaf = contract(b"root")
    assert drive(chain.validate((leaf,), (ROOT,), UNIX_S, (), profiles.Profile("any"))) == chain.BAD_SIGNATURE
    assert answer(path=(leaf,), known=Signers((leaf, G))) == "ok"


def test_each_signature_is_checked_against_the_key_of_its_own_issuer():
    root = authority(b"root", b"root", key=public_key(MINUS_G))
    sub = authority(b"sub", b"root", key=public_key(TWICE_G))
    leaf = contract(b"sub")
    right = (sub, MINUS_G), (leaf, TWICE_G)
    assert answer(path=(leaf, sub), roots=(root,), known=Signers(*right)) == "ok"
    for key in (G, MINUS_G, TWICE_G):
        assert (answer(path=(leaf, sub), roots=(root,), known=Signers(right[0], (leaf, key))) == "ok") == (
            key == TWICE_G
        )
        assert (answer(path=(leaf, sub), roots=(root,), known=Signers(right[1], (sub, key))) == "ok") == (
            key == MINUS_G
        )


def test_of_two_anchors_with_one_name_the_one_whose_key_fits():
    leaf = contract(b"root")
    old, new = (authority(b"root", b"root", key=public_key(point)) for point in (MINUS_G, TWICE_G))
    for roots in ((old, new), (new, old), (ROOT, old, new)):
        for key, expected in ((MINUS_G, "ok"), (TWICE_G, "ok")):
            assert answer(path=(leaf,), roots=roots, known=Signers((leaf, key))) == expected
        assert answer(path=(leaf,), roots=roots, known=Signers()) == "bad_signature"
    may_not = authority(b"root", b"root", usage=MAY_LIST, key=public_key(TWICE_G))
    assert answer(path=(leaf,), roots=(old, may_not), known=Signers((leaf, TWICE_G))) == "key_usage"
    assert answer(path=(leaf,), roots=(old, may_not), known=Signers((leaf, MINUS_G))) == "ok"


def test_an_issuer_without_a_key_usage_may_not_sign():
    silent = certificate(subject=name(b"sub 2"), issuer=name(b"sub 1"), extensions=extensions(constraints()))
    assert answer(path=(LEAF, silent, SUB_1)) == "key_usage"


def test_a_list_that_its_issuer_did_not_sign_is_no_list():
    class Doubting(Trusting):
        def signed_by(self, signed, public_key):
            yield
            return isinstance(signed, x509.Certificate)

    assert revoked_sub(b"\x05", known=Doubting()) == "crl_signature"
    assert revoked_sub(b"\x06", known=Doubting()) == "crl_signature"


def test_a_chain_of_no_or_too_many_certificates_is_refused():
    assert answer(path=()) == "chain_length"
    assert answer(path=(LEAF, SUB_2, SUB_2, SUB_1)) == "chain_length"


def test_the_leaf_is_looked_at_first():
    assert answer(path=(certificate(issuer=name(b"nobody")), SUB_1)) == "subject"
    assert answer(path=(SUB_2, SUB_1)) == "basic_constraints"
    assert answer(path=(LEAF, b"")) == "encoding"


def test_a_chain_in_another_order_is_refused():
    assert answer(path=(LEAF, SUB_1, SUB_2)) == "chain_order"
    assert answer(path=(LEAF, SUB_1)) == "chain_order"
    assert answer(path=(contract(b"root"), ROOT)) == "chain_order"
    itself = authority(b"sub 2", b"sub 2")
    assert answer(path=(LEAF, itself, SUB_1)) == "chain_order"


def with_key_ids(of_issuer, of_authority):
    issuer = certificate(
        subject=name(b"sub 2"),
        issuer=name(b"root"),
        extensions=extensions(constraints(), MAY_CERTIFY, extension(b"\x55\x1d\x0e", tlv(4, of_issuer))),
    )
    identifier = extension(b"\x55\x1d\x23", tlv(0x30, tlv(0x80, of_authority)))
    leaf = contract(extensions=extensions(KEY_USAGE, identifier))
    return answer(path=(leaf, issuer), unix_s=None)


def test_key_identifiers_that_differ_are_refused():
    assert with_key_ids(b"one", b"one") == "clock_unset"
    assert with_key_ids(b"one", b"two") == "chain_order"
    assert with_key_ids(b"", b"two") == "clock_unset"
    assert with_key_ids(b"one", b"") == "clock_unset"


def test_an_issuer_must_be_a_ca_with_the_right_usage_and_path_length():
    usual = extensions(KEY_USAGE)
    assert answer(path=(LEAF, certificate(subject=name(b"sub 2"), issuer=name(b"sub 1"), extensions=usual), SUB_1)) == (
        "basic_constraints"
    )
    assert answer(path=(LEAF, authority(b"sub 2", b"sub 1", 0, MAY_LIST), SUB_1)) == "key_usage"
    assert answer(path=(LEAF, SUB_2, authority(b"sub 1", b"root", 0))) == "path_length"
    assert answer(roots=(authority(b"root", b"root", 1),)) == "path_length"
    assert answer(roots=(authority(b"root", b"root", 2),), unix_s=None) == "clock_unset"
    assert answer(roots=(authority(b"root", b"root", None, MAY_LIST),)) == "key_usage"


def test_a_chain_without_its_anchor_is_refused():
    other = authority(b"other", b"other")
    assert answer(roots=()) == "wrong_root"
    assert answer(roots=(other,)) == "wrong_root"
    assert answer(roots=(b"\x30\x00",)) == "wrong_root"
    assert answer(roots=(b"\x30\x00", other, x509.parse(ROOT)), unix_s=None) == "clock_unset"


def test_each_certificate_must_be_valid_now():
    late = tlv(0x30, tlv(0x17, b"280101000000Z"), tlv(0x17, b"350101000000Z"))
    early = tlv(0x30, tlv(0x17, b"200101000000Z"), tlv(0x17, b"260101000000Z"))
    assert answer(unix_s=None) == "clock_unset"
    for validity, expected in ((late, "not_yet_valid"), (early, "expired")):
        leaf = contract(validity=validity)
        assert answer(path=(leaf, SUB_2, SUB_1)) == expected
        assert answer(path=(LEAF, SUB_2, authority(b"sub 1", b"root", 1, validity=validity))) == expected
        assert answer(roots=(authority(b"root", b"root", validity=validity),)) == expected


def test_the_first_and_the_last_second_are_part_of_the_validity():
    begins, ends = 1735689600, 2051222400
    assert answer(unix_s=begins - 1) == "not_yet_valid"
    assert answer(unix_s=begins) == answer(unix_s=ends) == "bad_signature"
    assert answer(unix_s=ends + 1) == "expired"


def test_signatures_are_verified_from_the_anchor_down():
    known = Trusting()
    assert answer(known=known) == "bad_signature"
    assert known.asked == 2


def lists(*entries, **changed):
    return [drive(crl.parse(revocation_list(*entries, **changed)))]


def revoked_sub(serial, **more):
    """A path whose sub-CA was issued by the root "two"; signatures are trusted, so its revocation is reached."""
    root = authority(b"two", b"two", usage=more.pop("usage", MAY_CERTIFY))
    entry = tlv(0x30, tlv(2, serial), tlv(0x17, b"250101000000Z"))
    return answer(
        path=(contract(b"sub"), authority(b"sub", b"two", serial=b"\x02\x01\x05")),
        roots=(root,),
        crls=lists(entry),
        **more,
    )


def test_a_revoked_sub_ca_is_refused():
    assert revoked_sub(b"\x05") == "revoked"
    only_certificates = extension(b"\x55\x1d\x0f", b"\x03\x02\x02\x04", True)
    assert revoked_sub(b"\x05", usage=only_certificates) == "crl_signature"


def test_a_list_of_another_issuer_is_not_asked():
    known = Trusting()
    entry = tlv(0x30, tlv(2, b"\x05"), tlv(0x17, b"250101000000Z"))
    path = (contract(b"sub"), authority(b"sub", b"root", serial=b"\x02\x01\x05"))
    assert answer(path=path, crls=lists(entry), known=known) == "bad_signature"
    assert known.asked == 1


def test_a_list_that_is_required_must_be_there_and_current():
    assert revoked_sub(b"\x06", needs_crl=True) == "crl_stale"
    in_time = 1736000000  # within der_maker's list
    assert answer(needs_crl=True) == "crl_missing"
    root = authority(b"two", b"two")
    found = {
        "path": (contract(b"sub"), authority(b"sub", b"two", serial=b"\x02\x01\x05")),
        "roots": (root,),
        "crls": lists(),
        "needs_crl": True,
    }
    for unix_s in (1735689600, in_time, 1735689600 + 2678400):
        assert answer(unix_s=unix_s, **found) == "bad_signature"
    assert answer(unix_s=1735689600 + 2678400 + 1, **found) == "crl_stale"
    found["crls"] = lists(this_update=tlv(0x17, b"250101000001Z"))
    assert answer(unix_s=1735689600, **found) == "crl_stale"
