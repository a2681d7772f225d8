"""Random certificates and lists made with `cryptography`: what is read out of them is what was put in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crypto_pki import USAGES, drive, key_usage, revoke, world
from cryptography import x509 as library
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridkeel.crypto import crl, extensions, x509
from gridkeel.crypto.refusals import ENCODING, OVERSIZED
from gridkeel.errors import CertificateError

KEY = ec.generate_private_key(ec.SECP256R1())
WORLD = world()
LETTERS = st.characters(codec="utf-8", exclude_characters="\x00")
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
PURPOSES = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.OCSP_SIGNING)


@st.composite
def certificates(draw) -> library.Certificate:
    """A certificate with fields of any kind, signed by KEY."""
    parts = [library.NameAttribute(NameOID.COMMON_NAME, draw(st.text(LETTERS, min_size=1, max_size=16)))]
    if draw(st.booleans()):
        component = draw(st.sampled_from(("CPO", "MO", "OEM", "CPS", "V2G")))
        parts.append(library.NameAttribute(NameOID.DOMAIN_COMPONENT, component))
    for kind in (NameOID.ORGANIZATION_NAME, NameOID.COUNTRY_NAME):
        if draw(st.booleans()):
            parts.append(library.NameAttribute(kind, "UK"))
    begins, ends = sorted((draw(MOMENTS), draw(MOMENTS)))
    ca = draw(st.booleans())
    builder = (
        library.CertificateBuilder()
        .subject_name(library.Name(draw(st.permutations(parts))))
        .issuer_name(
            library.Name([library.NameAttribute(NameOID.COMMON_NAME, draw(st.text(LETTERS, min_size=1, max_size=16)))])
        )
        .public_key(KEY.public_key())
        .serial_number(draw(st.integers(1, 2**159 - 1)))
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(
            library.BasicConstraints(ca, draw(st.integers(0, 127)) if ca and draw(st.booleans()) else None), True
        )
    )
    usages = tuple(sorted(draw(st.sets(st.sampled_from(USAGES)))))
    assume(not {"encipher_only", "decipher_only"} & set(usages) or "key_agreement" in usages)
    if usages:
        builder = builder.add_extension(key_usage(usages), draw(st.booleans()))
    if draw(st.booleans()):
        builder = builder.add_extension(library.SubjectKeyIdentifier(draw(st.binary(min_size=1, max_size=20))), False)
    if draw(st.booleans()):
        builder = builder.add_extension(
            library.AuthorityKeyIdentifier(draw(st.binary(min_size=1, max_size=20)), None, None), False
        )
    purposes = draw(st.lists(st.sampled_from(PURPOSES), unique=True))
    if purposes:
        builder = builder.add_extension(library.ExtendedKeyUsage(purposes), draw(st.booleans()))
    return builder.sign(KEY, hashes.SHA256())


def extension(certificate: library.Certificate, kind):
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except library.ExtensionNotFound:
        return None


def attribute(name: library.Name, kind) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""


@settings(max_examples=150)
@given(certificates())
def test_what_is_read_is_what_was_written(certificate: library.Certificate) -> None:
    data = certificate.public_bytes(Encoding.DER)
    if len(data) > x509.MOST_BYTES:
        assert refusal(x509.parse, data) == OVERSIZED
        return
    found = x509.parse(data)
    assert bytes(found.tbs) == certificate.tbs_certificate_bytes
    assert found.subject == certificate.subject.public_bytes() and found.issuer == certificate.issuer.public_bytes()
    assert found.common_name == attribute(certificate.subject, NameOID.COMMON_NAME)
    assert found.domain_component == attribute(certificate.subject, NameOID.DOMAIN_COMPONENT)
    assert int.from_bytes(found.serial, "big") == certificate.serial_number
    assert found.not_before_s == certificate.not_valid_before_utc.timestamp()
    assert found.not_after_s == certificate.not_valid_after_utc.timestamp()
    assert found.public_key == KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert drive(found.signed_by(found.public_key))
    check_extensions(certificate, found)


def check_extensions(certificate: library.Certificate, found: x509.Certificate) -> None:
    constraints = extension(certificate, library.BasicConstraints)
    said = (False, None) if constraints is None else (constraints.ca, constraints.path_length)
    assert (found.is_ca, found.path_len) == said
    usage = extension(certificate, library.KeyUsage)
    assert found.key_usage == (None if usage is None else bits_of(usage))
    key_id = extension(certificate, library.SubjectKeyIdentifier)
    assert found.key_id == (b"" if key_id is None else key_id.digest)
    authority = extension(certificate, library.AuthorityKeyIdentifier)
    assert found.authority_key_id == (b"" if authority is None else authority.key_identifier)
    purposes = extension(certificate, library.ExtendedKeyUsage)
    assert (found.purposes is None) == (purposes is None)
    assert len(found.purposes or ()) == len(purposes or ())


def bits_of(usage: library.KeyUsage) -> int:
    bits = 0
    for at, name in enumerate(USAGES):
        if name in ("encipher_only", "decipher_only") and not usage.key_agreement:
            continue
        bits |= int(getattr(usage, name)) << at
    return bits


def refusal(work, data: bytes) -> int:
    try:
        found = work(data)
        if hasattr(found, "send"):
            drive(found)
    except CertificateError as error:
        return error.code
    return 0


@settings(max_examples=50)
@given(st.lists(st.integers(1, 2**159 - 1), max_size=40, unique=True), st.integers(1, 2**159 - 1))
def test_lists_revoke_whom_they_name(serials: list[int], other: int) -> None:
    builder = (
        library.CertificateRevocationListBuilder()
        .issuer_name(WORLD.sub_2.certificate.subject)
        .last_update(datetime(2026, 1, 1, tzinfo=UTC))
        .next_update(datetime(2026, 2, 1, tzinfo=UTC))
        .add_extension(library.CRLNumber(1), False)
    )
    for serial in serials:
        entry = library.RevokedCertificateBuilder().serial_number(serial)
        entry = entry.revocation_date(datetime(2025, 1, 1) + timedelta(seconds=serial % 10**9))
        builder = builder.add_revoked_certificate(entry.build())
    signed = builder.sign(WORLD.sub_2.key, hashes.SHA256())
    found = drive(crl.parse(signed.public_bytes(Encoding.DER)))
    assert bytes(found.tbs) == signed.tbs_certlist_bytes
    for serial in (*serials, other):
        bytes_of = serial.to_bytes((serial.bit_length() + 7) // 8, "big")
        assert found.revokes(bytes_of) == (serial in serials)
    assert drive(found.signed_by(x509.parse(WORLD.sub_2.der).public_key))


# What the library takes and we refuse is our strictness; what we take and it refuses would be a hole.
@settings(max_examples=1500)
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_what_passes_here_with_a_flipped_bit_passes_in_the_library(place: int, bit: int) -> None:
    data = bytearray(WORLD.leaf.der)
    data[place % len(data)] ^= 1 << bit
    data = bytes(data)
    code = refusal(x509.parse, data)
    if code == 0:
        certificate = library.load_der_x509_certificate(data)
        found = x509.parse(data)
        assert found.subject == certificate.subject.public_bytes()
        assert int.from_bytes(found.serial, "big") == certificate.serial_number
        assert found.not_after_s == certificate.not_valid_after_utc.timestamp()
        assert found.public_key == certificate.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        # An identifier that became another's makes contents nobody's business here, but the library's.
        if identifiers_in(data) == identifiers_in(WORLD.leaf.der):
            check_extensions(certificate, found)


def identifiers_in(data: bytes) -> list[int]:
    known = (extensions.BASIC_CONSTRAINTS, extensions.KEY_USAGE, extensions.SUBJECT_KEY_ID, extensions.AUTHORITY_KEY_ID)
    return [data.find(b"\x06\x03" + kind) for kind in known]


@given(st.integers(0, 10**6))
def test_no_truncation_passes(length: int) -> None:
    data = WORLD.leaf.der
    assert refusal(x509.parse, data[: length % len(data)]) == ENCODING
    listed = revoke(WORLD.sub_2, WORLD.leaf)
    assert refusal(crl.parse, listed[: length % len(listed)]) == ENCODING
