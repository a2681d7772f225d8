"""Names of certificates that say the same in another way, with `openssl verify` as the judge of which do."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

import pytest
from crypto_pki import CERTIFY, EMAID, NOW_S, SIGN, Node, drive, issue, revoke
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from gridkeel.crypto import chain, crl, profiles

TYPES = ("UTF8String", "PrintableString", "IA5String", "T61String", "BMPString", "UniversalString")
Parts = tuple[tuple[x509.ObjectIdentifier, str, str], ...]
C, ORG, CN, DC = NameOID.COUNTRY_NAME, NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME, NameOID.DOMAIN_COMPONENT
TEXT = "Some Operator"


def name(*parts: tuple[x509.ObjectIdentifier, str, str], together: bool = False) -> x509.Name:
    """Return a Name of (identifier, text, string type); together: all attributes in one part."""
    made = [x509.NameAttribute(oid, text, getattr(_ASN1Type, kind), _validate=False) for oid, text, kind in parts]
    return x509.Name([x509.RelativeDistinguishedName(made)] if together else made)


def of(text: str, kind: str = "UTF8String") -> x509.Name:
    return name((ORG, text, kind), (CN, "MO", "UTF8String"), (DC, "MO", "IA5String"))


# the issuer's subject, and what a certificate below it says of its issuer
NAMES = {
    **{f"{a} and {b}": (of(TEXT, a), of(TEXT, b)) for a, b in itertools.product(TYPES, TYPES)},
    "NumericString and itself": (of("123", "NumericString"), of("123", "NumericString")),
    "NumericString and another": (of("123", "NumericString"), of("123", "PrintableString")),
    "other case": (of("SOME operator", "PrintableString"), of("some Operator")),
    "other case beyond ASCII": (of("ÄRGER"), of("ärger")),
    "UTF8 and T61 beyond ASCII": (of("Ärger"), of("Ärger", "T61String")),
    "the same beyond ASCII": (of("Ärger"), of("Ärger")),
    "white space at the ends": (of("  Some Operator "), of(TEXT)),
    "more white space": (of("Some \t  Operator"), of(TEXT)),
    "white space left out": (of("SomeOperator"), of(TEXT)),
    "nothing but white space": (of("  "), of(" ")),
    "another letter": (of("Some Operatoe", "PrintableString"), of(TEXT)),
    "a letter more": (of(TEXT + "s", "PrintableString"), of(TEXT)),
    "a letter less": (of(TEXT[:-1], "PrintableString"), of(TEXT)),
    "BMPString of other letters": (of("Some Operatoɲ", "BMPString"), of(TEXT)),
    "common name and component in other types": (
        name((CN, "MO", "PrintableString"), (DC, "MO", "IA5String")),
        name((CN, "MO", "UTF8String"), (DC, "mo", "IA5String")),
    ),
    "another order": (
        name((ORG, "a", "UTF8String"), (CN, "b", "UTF8String")),
        name((CN, "b", "UTF8String"), (ORG, "a", "UTF8String")),
    ),
    "values changed about": (
        name((ORG, "a", "UTF8String"), (CN, "b", "UTF8String")),
        name((ORG, "b", "UTF8String"), (CN, "a", "UTF8String")),
    ),
    "an attribute less": (name((ORG, "a", "UTF8String"), (CN, "b", "UTF8String")), name((CN, "b", "UTF8String"))),
    "another attribute": (
        name((C, "DE", "PrintableString"), (CN, "b", "UTF8String")),
        name((ORG, "DE", "PrintableString"), (CN, "b", "UTF8String")),
    ),
    "several in one part": (
        name((ORG, "a", "UTF8String"), (CN, "bb", "PrintableString"), together=True),
        name((ORG, "A", "PrintableString"), (CN, "Bb", "UTF8String"), together=True),
    ),
    "one part or two": (
        name((ORG, "a", "UTF8String"), (CN, "b", "UTF8String"), together=True),
        name((ORG, "a", "UTF8String"), (CN, "b", "UTF8String")),
    ),
}
# Stricter than openssl on purpose: what is beyond ASCII matches in its own string type alone.
STRICTER = {
    "UTF8 and BMP beyond ASCII": (of("Ärger"), of("Ärger", "BMPString")),
}


def named(node: Node, subject: x509.Name, issuer_name: x509.Name, issuer: Node | None, *, ca: bool) -> Node:
    """Return a certificate like `node` with these names, signed by the issuer (itself for None)."""
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer_name).public_key(node.key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(node.certificate.not_valid_before_utc)
    builder = builder.not_valid_after(node.certificate.not_valid_after_utc)
    for extension in node.certificate.extensions:
        if not isinstance(extension.value, x509.SubjectKeyIdentifier | x509.AuthorityKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    assert ca == node.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    return Node(node.key, builder.sign((issuer or node).key, hashes.SHA256()))


ROOT = issue("MORootCA", None, ca=True, usage=CERTIFY)
SUB = issue("MOSub", ROOT, ca=True, usage=CERTIFY)
LEAF = issue(EMAID, SUB, usage=SIGN)


def chain_with(subject: x509.Name, said: x509.Name, *, at_root: bool) -> tuple[Node, Node, Node]:
    """Return (root, sub-CA, leaf) whose link at the root, or at the leaf, has these two names."""
    usual = of("Usual")
    if at_root:
        root = named(ROOT, subject, subject, None, ca=True)
        sub = named(SUB, usual, said, root, ca=True)
        return root, sub, named(LEAF, LEAF.certificate.subject, usual, sub, ca=False)
    root = named(ROOT, usual, usual, None, ca=True)
    sub = named(SUB, subject, usual, root, ca=True)
    return root, sub, named(LEAF, LEAF.certificate.subject, said, sub, ca=False)


def openssl_takes(folder: Path, root: Node, sub: Node, leaf: Node) -> bool:
    for file, node in (("root", root), ("sub", sub), ("leaf", leaf)):
        (folder / f"{file}.pem").write_bytes(node.certificate.public_bytes(Encoding.PEM))
    files = ["-CAfile", str(folder / "root.pem"), "-untrusted", str(folder / "sub.pem"), str(folder / "leaf.pem")]
    done = subprocess.run(["openssl", "verify", "-attime", str(NOW_S), *files], capture_output=True, text=True)
    return done.returncode == 0


def validate(root: Node, sub: Node, leaf: Node, lists: list[bytes]) -> str:
    read = [drive(crl.parse(data)) for data in lists]
    work = chain.validate([leaf.der, sub.der], [root.der], NOW_S, read, profiles.CONTRACT)
    return chain.name(drive(work))


@pytest.mark.parametrize("at_root", [False, True], ids=["at the leaf", "at the root"])
@pytest.mark.parametrize("title", NAMES)
def test_names_match_where_openssl_has_them_match(title: str, at_root: bool, tmp_path: Path) -> None:
    made = chain_with(*NAMES[title], at_root=at_root)
    wanted = "ok" if openssl_takes(tmp_path, *made) else "wrong_root" if at_root else "chain_order"
    assert validate(*made, []) == wanted


def test_openssl_accepts_some_names_and_rejects_others(tmp_path: Path) -> None:
    said = [openssl_takes(tmp_path, *chain_with(*names, at_root=False)) for names in NAMES.values()]
    assert said.count(True) > len(TYPES) ** 2 and said.count(False) >= 8


@pytest.mark.parametrize("title", STRICTER)
def test_what_is_refused_though_openssl_takes_it(title: str, tmp_path: Path) -> None:
    made = chain_with(*STRICTER[title], at_root=False)
    assert openssl_takes(tmp_path, *made)
    assert validate(*made, []) == "chain_order"


@pytest.mark.parametrize("kind", TYPES[:3])
def test_a_list_is_its_issuer_s_whatever_string_type_it_says(kind: str) -> None:
    root, sub, leaf = chain_with(of(TEXT), of(TEXT), at_root=False)
    written = Node(sub.key, named(SUB, of(TEXT, kind), of("Usual"), root, ca=True).certificate)
    assert validate(root, sub, leaf, [revoke(written)]) == "ok"
    assert validate(root, sub, leaf, [revoke(written, leaf)]) == "revoked"
