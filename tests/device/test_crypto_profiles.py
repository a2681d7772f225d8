"""Roles: EMAIDs, and what a leaf must be."""

from der_maker import KEY_USAGE, certificate, extension, extensions, name, refusal, sequence, tlv

from gridkeel.crypto import profiles, refusals, refusals_text, x509

PURPOSES = b"\x55\x1d\x25"
SERVER = tlv(6, b"\x2b\x06\x01\x05\x05\x07\x03\x01")
CLIENT = tlv(6, b"\x2b\x06\x01\x05\x05\x07\x03\x02")
OCSP_SIGNING = tlv(6, b"\x2b\x06\x01\x05\x05\x07\x03\x09")
ANY = tlv(6, b"\x55\x1d\x25\x00")


def code(profile, *parts, **changed):
    found = x509.parse(certificate(extensions=extensions(*(parts or (KEY_USAGE,))), **changed))
    return refusal(profile.check, found)


def test_emaids_are_normalised_and_others_refused():
    for text in ("UKSWI123456791A", "ukswi123456791a", "UK-SWI-123456791-A", "UK-SWI-123456791A"):
        assert profiles.emaid(text) == "UKSWI123456791A"
    assert profiles.emaid("DE-8AC-C12345678") == "DE8ACC12345678"
    assert profiles.emaid("AZ0Z9A00000000Z") == "AZ0Z9A00000000Z"
    for bad in (
        "",
        "UKSWI12345679",
        "UKSWI123456791AB",
        "U1SWI123456791A",
        "UKSWI12345679 A",
        "UKSWI12345679ÄA",
        "UK-SWI123456791A",
        "UKS-WI1-23456791A",
        "-UKSWI123456791A",
        "UK--SWI-123456791-A",
        "UK-SWI-12345679-1A",
        "UK-SWI-123456791-",
        "UKSWI12345679\x00A",
    ):
        assert profiles.emaid(bad) == ""


def test_a_contract_names_an_emaid():
    assert code(profiles.CONTRACT, subject=name(b"UKSWI123456791A", b"MO")) == 0
    assert code(profiles.CONTRACT, subject=name(b"OEMProvCert", b"MO")) == refusals.SUBJECT


def test_each_role_has_its_domain_component():
    assert code(profiles.SECC, subject=name(b"SECCCert", b"CPO")) == 0
    assert code(profiles.SECC, subject=name(b"SECCCert", b"CPS")) == refusals.SUBJECT
    assert code(profiles.CPS, subject=name(b"CPS Leaf", b"CPS")) == 0
    assert code(profiles.CPS, subject=name(b"CPS Leaf", b"CPO")) == refusals.SUBJECT
    assert code(profiles.OEM_PROVISIONING, subject=name(b"WMIV1234567890ABCX", b"OEM")) == 0
    assert code(profiles.OEM_PROVISIONING, subject=name(b"", b"OEM")) == refusals.SUBJECT


def test_a_leaf_must_sign():
    agreement = extension(b"\x55\x1d\x0f", b"\x03\x02\x03\x08", True)
    assert code(profiles.SECC, agreement) == refusals.KEY_USAGE
    assert code(profiles.SECC, extension(b"\x2a\x03", b"any")) == refusals.KEY_USAGE


def test_a_ca_is_no_leaf_though_more_is_wrong_with_it():
    ca = extension(b"\x55\x1d\x13", b"\x30\x03\x01\x01\xff", True)
    assert code(profiles.CPS, ca) == refusals.BASIC_CONSTRAINTS


def test_extended_key_usages_must_fit_the_role():
    for purposes, expected in ((SERVER, 0), (CLIENT + SERVER, 0), (ANY, 0), (CLIENT, refusals.KEY_USAGE)):
        assert code(profiles.SECC, KEY_USAGE, extension(PURPOSES, sequence(purposes))) == expected
    for profile, subject in (
        (profiles.CONTRACT, b"UKSWI123456791A"),
        (profiles.OEM_PROVISIONING, b"WMIV1234567890ABCX"),
    ):
        for purposes, expected in (
            (CLIENT, 0),
            (CLIENT + SERVER, 0),
            (SERVER + CLIENT, 0),
            (ANY, 0),
            (SERVER, refusals.KEY_USAGE),
            (OCSP_SIGNING, refusals.KEY_USAGE),
        ):
            for critical in (False, True):
                limited = extension(PURPOSES, sequence(purposes), critical)
                assert code(profile, KEY_USAGE, limited, subject=name(subject)) == expected
        assert code(profile, subject=name(subject)) == 0
    for purposes in (CLIENT, SERVER):  # a provisioning service has no purpose of these
        limited = extension(PURPOSES, sequence(purposes))
        assert code(profiles.CPS, KEY_USAGE, limited, subject=name(b"CPS Leaf", b"CPS")) == refusals.KEY_USAGE


def test_each_refusal_has_a_number_and_a_name_of_its_own():
    codes = [row[0] for row in refusals_text.CATALOGUE]
    assert codes == list(range(1, len(codes) + 1))
    assert len(set(row[1] for row in refusals_text.CATALOGUE)) == len(codes)
    assert refusals.name(refusals.OK) == "ok"
    assert refusals.name(refusals.CLOCK_UNSET) == "clock_unset"
    assert refusals.name(refusals.CRL_STALE) == "crl_stale"
    for code in (len(codes) + 1, 99):
        assert refusals.name(code) == "refusal_%d" % code
