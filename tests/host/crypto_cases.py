"""Chains that must be refused, each for the reason it is named after, and chains that must pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from crypto_pki import CERTIFY, EMAID, NOW_S, SIGN, ContractPki, Node, contract_pki, issue, revoke
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from gridkeel.crypto import chain

DAY = timedelta(days=1)
UNKNOWN = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
CLIENT = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER_ONLY = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Case:
    """What `validate` is asked, and its answer.  profile: the name of one in gridkeel.crypto.profiles."""

    title: str
    expected: int
    certificates: list[bytes]
    roots: list[bytes]
    unix_s: int | None = NOW_S
    lists: list[bytes] = field(default_factory=list)
    profile: str = "CONTRACT"
    needs_crl: bool = False


def of(title: str, expected: int, made: ContractPki, **more) -> Case:
    chosen = {"certificates": made.chain, "roots": [made.root.der], **more}
    return Case(title, expected, **chosen)


def replaced(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) >= 1 and len(old) == len(new)
    return data.replace(old, new)


def padding(size: int) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.2.3.6"), b"\x04\x82" + size.to_bytes(2, "big") + bytes(size)
    )


def sized(place: str, size: int) -> ContractPki:
    """Return a PKI one of whose CAs has exactly so many bytes; signatures and serial numbers vary by a few."""
    pad = size - 500
    while True:
        made = contract_pki(**{place: {"extra": ((padding(pad), False),)}})
        found = len(getattr(made, place).der)
        if found == size:
            return made
        pad += size - found


def passing() -> Iterator[Case]:
    good = contract_pki()
    yield of("a contract", chain.OK, good)
    yield of("no identifiers of keys", chain.OK, contract_pki(**{n: {"identifiers": False} for n in NODES}))
    yield of("several anchors", chain.OK, good, roots=[contract_pki().root.der, good.root.der])
    renewed = issue("MORootCA", None, ca=True, usage=CERTIFY, identifiers=False)
    old = contract_pki(root={"identifiers": False}, sub_1={"identifiers": False})
    yield of("two anchors of one name", chain.OK, old, roots=[renewed.der, old.root.der])
    yield of("two anchors of one name, turned", chain.OK, old, roots=[old.root.der, renewed.der])
    yield of("an anchor that cannot be read next to the right one", chain.OK, good, roots=[b"\x30\x00", good.root.der])
    short = issue(EMAID, good.sub_1)
    yield of("one sub-CA", chain.OK, good, certificates=[short.der, good.sub_1.der])
    yield of("no sub-CA", chain.OK, good, certificates=[issue(EMAID, good.root).der])
    yield of("first second of validity", chain.OK, good, unix_s=NOW_S - 10 * 86400)
    yield of("last second of validity", chain.OK, good, unix_s=NOW_S + 300 * 86400)
    yield of("an anchor without a bound", chain.OK, contract_pki(sub_1={"path_len": None}))
    yield of("an unknown extension", chain.OK, contract_pki(leaf={"extra": ((UNKNOWN, False),)}))
    yield of("EMAID with hyphens", chain.OK, contract_pki(leaf={"common_name": "UK-SWI-123456791-A"}))
    yield of("nobody revoked", chain.OK, good, lists=[revoke(good.sub_2), revoke(good.root)], needs_crl=False)
    every = [revoke(good.sub_2), revoke(good.sub_1), revoke(good.root)]
    yield of("every list demanded and there", chain.OK, good, lists=every, needs_crl=True)
    another = issue(EMAID, good.sub_2)
    yield of("another one revoked", chain.OK, good, lists=[revoke(good.sub_2, another)])
    yield of("a list of another PKI", chain.OK, good, lists=[revoke(contract_pki().sub_2, good.leaf)])
    yield of(
        "an old list where none is demanded", chain.OK, good, lists=[revoke(good.sub_2, begins=-9 * DAY, ends=-DAY)]
    )
    charge_point = contract_pki(leaf={"common_name": "SECCCert", "component": "CPO", "extra": ((SERVER_ONLY, False),)})
    yield of("an EMAID that is a TLS client's", chain.OK, contract_pki(leaf={"extra": ((CLIENT, True),)}))
    for place in ("root", "sub_1", "sub_2"):
        yield of(f"{place}: 1,600 bytes", chain.OK, sized(place, 1600))
    both = contract_pki(sub_1={"extra": ((padding(900), False),)}, sub_2={"extra": ((padding(900), False),)})
    yield of("two long sub-CAs", chain.OK, both)
    yield of("a charge point", chain.OK, charge_point, profile="SECC")
    yield of(
        "a provisioning certificate",
        chain.OK,
        contract_pki(leaf={"common_name": "OEMProvCert"}),
        profile="OEM_PROVISIONING",
    )
    yield of(
        "a provisioning service", chain.OK, contract_pki(leaf={"common_name": "CPS", "component": "CPS"}), profile="CPS"
    )


NODES = ("root", "sub_1", "sub_2", "leaf")


def of_a_certificate(good: ContractPki) -> Iterator[Case]:
    yield of("bytes after it", chain.ENCODING, good, certificates=[good.leaf.der + b"\x00", *good.chain[1:]])
    yield of("cut off", chain.ENCODING, good, certificates=[*good.chain[:2], good.sub_1.der[:-1]])
    version_1 = replaced(good.leaf.der, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x00")
    yield of("version 1", chain.ENCODING, good, certificates=[version_1, *good.chain[1:]])
    twice = issue(EMAID, good.sub_2, identifiers=False, extra=((UNKNOWN, False), (other_unknown(), False)))
    doubled = replaced(twice.der, b"\x06\x03\x2a\x03\x05", b"\x06\x03\x2a\x03\x04")
    yield of("an extension twice", chain.ENCODING, good, certificates=[doubled, *good.chain[1:]])
    names = x509.SubjectAlternativeName([x509.DNSName("n" * 60 + f"{n}.example") for n in range(8)])
    yield of("over 800 bytes", chain.OVERSIZED, contract_pki(leaf={"extra": ((names, False),)}))
    for place in ("sub_1", "sub_2"):
        yield of(f"{place}: 1,601 bytes", chain.OVERSIZED, sized(place, 1601))
    yield of("SHA-384", chain.UNKNOWN_ALGORITHM, contract_pki(leaf={"algorithm": hashes.SHA384()}))
    yield of("a leaf on P-384", chain.UNKNOWN_CURVE, contract_pki(leaf={"curve": ec.SECP384R1()}))
    yield of("a sub-CA on P-521", chain.UNKNOWN_CURVE, contract_pki(sub_2={"curve": ec.SECP521R1()}))
    yield of("secp256k1", chain.UNKNOWN_CURVE, contract_pki(leaf={"curve": ec.SECP256K1()}))
    numbers = good.leaf.key.public_key().public_numbers()
    y = numbers.y.to_bytes(32, "big")
    off = replaced(good.leaf.der, y, (numbers.y ^ 1).to_bytes(32, "big"))
    yield of("a point off the curve", chain.BAD_KEY, good, certificates=[off, *good.chain[1:]])
    for place in ("leaf", "sub_2", "sub_1"):
        yield of(
            f"{place}: unknown critical", chain.UNKNOWN_CRITICAL, contract_pki(**{place: {"extra": ((UNKNOWN, True),)}})
        )
    constraints = x509.NameConstraints([x509.DNSName("example")], None)
    yield of("name constraints", chain.UNKNOWN_CRITICAL, contract_pki(sub_1={"extra": ((constraints, True),)}))


def other_unknown() -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.5"), b"\x05\x00")


def of_the_leaf() -> Iterator[Case]:
    yield of("no EMAID", chain.SUBJECT, contract_pki(leaf={"common_name": "OEMProvCert"}))
    yield of("not of the CPO", chain.SUBJECT, contract_pki(), profile="SECC")
    yield of("not of the CPS", chain.SUBJECT, contract_pki(leaf={"component": "CPO"}), profile="CPS")
    yield of("a CA as leaf", chain.BASIC_CONSTRAINTS, contract_pki(leaf={"ca": True, "usage": SIGN + CERTIFY}))
    yield of("a leaf that may not sign", chain.KEY_USAGE, contract_pki(leaf={"usage": ("key_agreement",)}))
    yield of("a leaf without key usage", chain.KEY_USAGE, contract_pki(leaf={"usage": None}))
    yield of("a leaf for servers", chain.KEY_USAGE, contract_pki(leaf={"extra": ((SERVER_ONLY, True),)}))


def of_the_links(good: ContractPki) -> Iterator[Case]:
    chained = good.chain
    yield of("no certificate", chain.CHAIN_LENGTH, good, certificates=[])
    fourth = issue("MOSub0", good.root, ca=True, usage=CERTIFY)
    yield of("four certificates", chain.CHAIN_LENGTH, good, certificates=[*chained, fourth.der])
    yield of("sub-CAs turned", chain.CHAIN_ORDER, good, certificates=[chained[0], chained[2], chained[1]])
    yield of("a sub-CA left out", chain.CHAIN_ORDER, good, certificates=[chained[0], chained[2]])
    yield of("the root inside", chain.CHAIN_ORDER, good, certificates=[issue(EMAID, good.root).der, good.root.der])
    other = contract_pki()
    yield of(
        "a sub-CA of the same name", chain.CHAIN_ORDER, good, certificates=[chained[0], other.sub_2.der, chained[2]]
    )
    yield of("an issuer that is no CA", chain.BASIC_CONSTRAINTS, contract_pki(sub_2={"ca": False, "path_len": None}))
    yield of("a root that is no CA", chain.BASIC_CONSTRAINTS, contract_pki(root={"ca": False}))
    for place in ("root", "sub_1", "sub_2"):
        yield of(f"{place} may not certify", chain.KEY_USAGE, contract_pki(**{place: {"usage": ("crl_sign",)}}))
        yield of(f"{place} without key usage", chain.KEY_USAGE, contract_pki(**{place: {"usage": None}}))
    yield of("a sub-CA too many", chain.PATH_LENGTH, contract_pki(sub_1={"path_len": 0}))
    yield of("a sub-CA too many for the root", chain.PATH_LENGTH, contract_pki(root={"path_len": 1}))
    yield of("another root", chain.WRONG_ROOT, good, roots=[issue("Other", None, ca=True, usage=CERTIFY).der])
    yield of("another root of the same name", chain.WRONG_ROOT, good, roots=[other.root.der])
    yield of("no root", chain.WRONG_ROOT, good, roots=[])
    yield of("the last sub-CA left out", chain.WRONG_ROOT, good, certificates=chained[:2])


def of_the_clock(good: ContractPki) -> Iterator[Case]:
    yield of("no clock", chain.CLOCK_UNSET, good, unix_s=None)
    for place in NODES:
        yield of(f"{place} expired", chain.EXPIRED, contract_pki(**{place: {"ends": -DAY}}))
        yield of(f"{place} not yet valid", chain.NOT_YET_VALID, contract_pki(**{place: {"begins": DAY}}))
    yield of("a second too late", chain.EXPIRED, good, unix_s=NOW_S + 300 * 86400 + 1)
    yield of("a second too early", chain.NOT_YET_VALID, good, unix_s=NOW_S - 10 * 86400 - 1)


def of_signatures(good: ContractPki) -> Iterator[Case]:
    for place in ("sub_1", "sub_2", "leaf"):
        yield of(f"{place} signed by another key", chain.BAD_SIGNATURE, contract_pki(**{place: {"signer": OTHER_KEY}}))
    stranger = contract_pki(root={"identifiers": False})
    yield of("a root of the same name, no identifiers", chain.BAD_SIGNATURE, good, roots=[stranger.root.der])
    serial = good.leaf.certificate.serial_number
    size = (serial.bit_length() + 8) // 8
    changed = replaced(good.leaf.der, serial.to_bytes(size, "big"), (serial ^ 1).to_bytes(size, "big"))
    yield of("a changed serial number", chain.BAD_SIGNATURE, good, certificates=[changed, *good.chain[1:]])


def of_lists(good: ContractPki) -> Iterator[Case]:
    def case(title: str, expected: int, *lists: bytes, needs: bool = False, made: ContractPki = good) -> Case:
        return of(title, expected, made, lists=list(lists), needs_crl=needs)

    yield case("a leaf revoked", chain.REVOKED, revoke(good.sub_2, good.leaf))
    yield case("revoked among others", chain.REVOKED, revoke(good.sub_2, *others(good), good.leaf))
    yield case("a sub-CA revoked", chain.REVOKED, revoke(good.root, good.sub_1))
    yield case("the other sub-CA revoked", chain.REVOKED, revoke(good.sub_1, good.sub_2))
    old = revoke(good.sub_2, good.leaf, begins=-9 * DAY, ends=-DAY)
    yield case("on an old list", chain.REVOKED, old)
    yield case("on an old list, not on the new one", chain.REVOKED, revoke(good.sub_2), old)
    yield case("a list that another key signed", chain.CRL_SIGNATURE, revoke(good.sub_2, signer=OTHER_KEY))
    may_not = contract_pki(sub_2={"usage": ("key_cert_sign",)})
    yield case("a list by who may not", chain.CRL_SIGNATURE, revoke(may_not.sub_2), made=may_not)
    top = (revoke(good.root), revoke(good.sub_1))
    yield case("no list", chain.CRL_MISSING, needs=True)
    yield case("a list missing", chain.CRL_MISSING, *top, needs=True)
    stale = revoke(good.sub_2, begins=-9 * DAY, ends=-DAY)
    yield case("an old list", chain.CRL_STALE, *top, stale, needs=True)
    yield case("a list of tomorrow", chain.CRL_STALE, *top, revoke(good.sub_2, begins=DAY), needs=True)
    yield case("an old list beside a new one", chain.OK, *top, stale, revoke(good.sub_2), needs=True)


def others(good: ContractPki) -> list[Node]:
    return [issue(EMAID, good.sub_2) for _ in range(5)]


def cases() -> list[Case]:
    """Return all of them; new keys each time."""
    good = contract_pki()
    return [
        *passing(),
        *of_a_certificate(good),
        *of_the_leaf(),
        *of_the_links(good),
        *of_the_clock(good),
        *of_signatures(good),
        *of_lists(good),
    ]
