"""A PKI of ISO 15118: what is made, against two verifiers that did not make it, and what is done to it later."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from pki_helpers import cryptography_accepts, der, openssl, openssl_accepts

from certs import v2g
from certs.keys import public_bytes
from certs.v2g import store
from certs.v2g.profiles import EDITIONS, LEAVES
from host_tools.errors import MissingError, ToolError

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki", ocsp_url="http://ocsp.example")


@pytest.fixture
def pki(made: v2g.Pki, tmp_path: Path) -> v2g.Pki:
    """A copy of one's own to change."""
    shutil.copytree(made.folder, tmp_path / "pki")
    (tmp_path / "pki").chmod(0o700)
    return v2g.Pki(tmp_path / "pki")


@pytest.mark.parametrize("leaf", LEAVES)
def test_openssl_and_cryptography_accept_every_chain(made: v2g.Pki, leaf: str, tmp_path: Path):
    assert openssl_accepts(made, leaf, tmp_path) == ""
    assert cryptography_accepts(made, leaf, NOW) == ""


@pytest.mark.parametrize("key", EDITIONS["20"].keys)
def test_openssl_and_cryptography_accept_every_chain_of_the_stronger_edition(key: str, tmp_path: Path):
    pki = v2g.make(tmp_path / "pki", edition="20", key=key)
    for leaf in (*LEAVES, "vehicle"):
        assert openssl_accepts(pki, leaf, tmp_path / "openssl") == ""
    for name in pki.names():
        assert len(der(pki.certificate(name))) <= 1600
    with pytest.raises(ToolError, match="has no keys of kind Ed448"):
        v2g.make(tmp_path / "other", edition="2", key="Ed448")


def test_each_certificate_is_what_its_row_says(made: v2g.Pki):
    for name in made.names():
        row, certificate = made.profile(name), made.certificate(name)
        extensions = certificate.extensions
        constraints = extensions.get_extension_for_class(x509.BasicConstraints)
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        assert constraints.critical and usage.critical, name
        assert (constraints.value.ca, constraints.value.path_length) == (row.ca, row.path_length), name
        assert {each for each in row.usage if getattr(usage.value, each)} == set(row.usage), name
        assert usage.value.key_cert_sign == row.ca, name
        assert not extensions.get_extension_for_class(x509.SubjectKeyIdentifier).critical
        assert len(der(certificate)) <= 800, name
        assert 0 < certificate.serial_number < 2**63, name
        span = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        assert span <= timedelta(days=row.days, hours=1, seconds=1), name
        kinds = [type(each.value) for each in extensions]
        assert (x509.AuthorityInformationAccess in kinds) == (row.issuer != row.name), name
        assert x509.SubjectAlternativeName not in kinds and x509.ExtendedKeyUsage not in kinds


def test_the_standards_figures_are_in_the_rows():
    rows = {row.name: row for row in EDITIONS["2"].profiles}
    lengths = {name: row.path_length for name, row in rows.items() if row.ca}
    assert {lengths[name] for name in ("cpo_sub1", "cps_sub1", "mo_sub1", "oem_sub1")} == {1}
    assert {lengths[name] for name in ("cpo_sub2", "cps_sub2", "mo_sub2", "oem_sub2")} == {0}
    assert {lengths[name] for name in ("v2g_root", "mo_root", "oem_root")} == {None}
    assert [rows[name].domain_component for name in ("secc", "cps")] == ["CPO", "CPS"]
    assert rows["v2g_root"].days == 40 * 365 and rows["cpo_sub1"].days == 4 * 365
    assert 60 <= rows["secc"].days <= 93 and 60 <= rows["cps"].days <= 93
    assert 365 <= rows["cpo_sub2"].days <= 730 and 28 <= rows["contract"].days <= 730
    assert all(row.key == "P-256" and row.max_bytes == 800 for row in rows.values())


def test_subjects_carry_the_identities(tmp_path: Path):
    pki = v2g.make(
        tmp_path / "pki", emaid="de-8aa-001234567", pcid="WMI12345678901234X", secc_id="DE*ABC*S1", country="fr"
    )
    subjects = {name: pki.certificate(name).subject.rfc4514_string() for name in ("contract", "oem", "secc", "cps")}
    assert subjects == {
        "contract": "DC=MO,C=FR,O=Gridkeel,CN=DE8AA0012345670",
        "oem": "DC=OEM,C=FR,O=Gridkeel,CN=WMI12345678901234X",
        "secc": "DC=CPO,C=FR,O=Gridkeel,CN=DE*ABC*S1",
        "cps": "DC=CPS,C=FR,O=Gridkeel,CN=Gridkeel CPS",
    }


def test_keys_and_folders_are_for_their_owner_alone(made: v2g.Pki, tmp_path: Path):
    old = os.umask(0)
    try:
        v2g.make(tmp_path / "pki")
    finally:
        os.umask(old)
    for root in (made.folder, tmp_path / "pki"):
        for path in (root, *root.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode == (0o700 if path.is_dir() else 0o600 if path.suffix == ".key" else 0o644), path


def test_a_pki_is_replaced_only_by_force_and_nothing_else_ever(pki: v2g.Pki):
    before = (pki.folder / store.INDEX).read_bytes()
    with pytest.raises(ToolError, match="--force"):
        v2g.make(pki.folder)
    assert (pki.folder / store.INDEX).read_bytes() == before
    old = pki.certificate("secc").serial_number
    assert v2g.make(pki.folder, force=True).certificate("secc").serial_number != old
    other = pki.folder.parent / "letters"
    other.mkdir()
    (other / "letter").write_text("dear")
    with pytest.raises(ToolError, match="no PKI"):
        v2g.make(other, force=True)
    assert (other / "letter").read_text() == "dear"
    assert sorted(path.name for path in pki.folder.parent.iterdir()) == ["letters", "pki"]


def test_another_contract_has_a_key_and_an_account_of_its_own(pki: v2g.Pki, tmp_path: Path):
    assert pki.issue("contract", identity="DE8AA001234567") == "contract-2"
    again = v2g.Pki(pki.folder)
    assert again.names("contract") == ["contract", "contract-2"]
    assert public_bytes(again.key("contract").public_key()) != public_bytes(again.key("contract-2").public_key())
    assert openssl_accepts(again, "contract-2", tmp_path / "openssl") == ""
    with pytest.raises(ToolError, match="identity of its own"):
        pki.issue("contract")
    with pytest.raises(ToolError, match="check digit is 0"):
        pki.issue("contract", identity="DE8AA0012345671")
    with pytest.raises(ToolError, match="no role shark"):
        pki.issue("shark")
    with pytest.raises(ToolError, match="is there already"):
        pki.issue("contract", name="secc", identity="DE8AA001234567")
    with pytest.raises(ToolError, match=r"name \.\./x"):
        pki.issue("contract", name="../x", identity="DE8AA001234567")
    assert v2g.Pki(pki.folder).names("contract") == ["contract", "contract-2"]


def test_another_sub_ca_and_a_leaf_below_it(pki: v2g.Pki, tmp_path: Path):
    sub = pki.issue("cpo_sub2")
    assert pki.issue("secc", identity="DEGKLS2", issuer=sub) == "secc-2"
    assert pki.chain("secc-2") == ["secc-2", "cpo_sub2-2", "cpo_sub1", "v2g_root"]
    assert pki.certificate(sub).subject != pki.certificate("cpo_sub2").subject
    assert openssl_accepts(pki, "secc-2", tmp_path / "openssl") == ""
    with pytest.raises(ToolError, match="is no CA"):
        pki.issue("secc", identity="DEGKLS3", issuer="secc")
    assert "secc-3" not in v2g.Pki(pki.folder).names()


def test_renewing_keeps_the_key_or_makes_one(pki: v2g.Pki, tmp_path: Path):
    first = pki.certificate("cpo_sub2")
    assert pki.renew("cpo_sub2") == []
    second = pki.certificate("cpo_sub2")
    assert second.serial_number != first.serial_number and second.subject == first.subject
    assert public_bytes(second.public_key()) == public_bytes(first.public_key())
    assert openssl_accepts(pki, "secc", tmp_path / "a") == ""
    assert pki.renew("cpo_sub2", new_key=True) == ["secc"]
    assert "unable to get local issuer" in openssl_accepts(pki, "secc", tmp_path / "b")
    pki.renew("secc")
    assert openssl_accepts(pki, "secc", tmp_path / "c") == ""
    assert pki.certificate("cpo_sub2", 1).serial_number == first.serial_number


def test_a_certificate_ends_with_its_issuer(pki: v2g.Pki):
    later = pki.certificate("mo_sub2").not_valid_after_utc - timedelta(days=30)
    pki.renew("contract", now=later)
    assert pki.certificate("contract").not_valid_after_utc == pki.certificate("mo_sub2").not_valid_after_utc


def test_revoking_makes_a_list_and_an_answer_that_openssl_reads(pki: v2g.Pki, tmp_path: Path):
    crl_path, ocsp_path = pki.revoke("secc")
    pem = tmp_path / "crl.pem"
    assert openssl("crl", "-inform", "DER", "-in", crl_path, "-out", pem).returncode == 0
    assert "certificate revoked" in openssl_accepts(pki, "secc", tmp_path / "a", "-crl_check", "-CRLfile", pem)
    issuer, root = (pki.entry(name).path(pki.folder, ".pem") for name in ("cpo_sub2", "v2g_root"))
    subs = tmp_path / "a" / "subs.pem"
    said = openssl(
        *(
            "ocsp",
            "-sha256",
            "-respin",
            ocsp_path,
            "-issuer",
            issuer,
            "-cert",
            pki.entry("secc").path(pki.folder, ".pem"),
        ),
        *("-CAfile", root, "-verify_other", subs),
    )
    assert "Response verify OK" in said.stderr and ": revoked" in said.stdout
    crl = x509.load_der_x509_crl(crl_path.read_bytes())
    assert crl.is_signature_valid(pki.certificate("cpo_sub2").public_key())  # type: ignore[arg-type]
    assert [each.serial_number for each in crl] == [pki.certificate("secc").serial_number]
    answer = ocsp.load_der_ocsp_response(ocsp_path.read_bytes())
    assert answer.certificate_status == ocsp.OCSPCertStatus.REVOKED


def test_a_list_grows_and_a_renewed_certificate_is_not_on_it(pki: v2g.Pki, tmp_path: Path):
    early = NOW - timedelta(days=3)
    pki.revoke("secc", now=early)
    gone = pki.certificate("secc").serial_number
    pki.renew("secc", new_key=True)
    pki.issue("secc", identity="DEGKLS2")
    crl_path, _ = pki.revoke("secc-2")
    crl = x509.load_der_x509_crl(crl_path.read_bytes())
    dates = {each.serial_number: each.revocation_date_utc for each in crl}
    assert set(dates) == {gone, pki.certificate("secc-2").serial_number}
    assert crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 2
    pki.revoke("secc-2")
    assert dates[gone] == early.replace(microsecond=0)
    pem = tmp_path / "crl.pem"
    openssl("crl", "-inform", "DER", "-in", crl_path, "-out", pem)
    assert openssl_accepts(pki, "secc", tmp_path / "a", "-crl_check", "-CRLfile", pem) == ""
    with pytest.raises(ToolError, match="is a root"):
        pki.revoke("v2g_root")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A disk that takes as many files as the list's one number says and then is full."""
    left = [0]
    real = os.fsync

    def fsync(handle: int) -> None:
        left[0] -= stat.S_ISREG(os.fstat(handle).st_mode)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return left


@pytest.mark.parametrize(
    "act",
    [
        lambda pki: pki.issue("contract", identity="DE8AA001234567"),
        lambda pki: pki.renew("secc", new_key=True),
        lambda pki: pki.revoke("secc"),
        lambda pki: v2g.make(pki.folder, force=True),
    ],
    ids=["issue", "renew", "revoke", "init"],
)
def test_a_full_disk_leaves_the_old_state_wherever_it_strikes(act, pki: v2g.Pki, full_disk: list[int], tmp_path: Path):
    before = {name: der(pki.certificate(name)) for name in pki.names()}
    index = (pki.folder / store.INDEX).read_bytes()
    files = 0
    while True:
        full_disk[0] = files
        try:
            act(v2g.Pki(pki.folder))
            break
        except OSError as error:
            assert error.errno == errno.ENOSPC
        assert (pki.folder / store.INDEX).read_bytes() == index
        again = v2g.Pki(pki.folder)
        assert {name: der(again.certificate(name)) for name in again.names()} == before
        assert not list(tmp_path.rglob(".*"))
        files += 1 if files < 6 else 5
    assert files >= 3
    assert (pki.folder / store.INDEX).read_bytes() != index


def test_a_missing_or_broken_index_is_reported(pki: v2g.Pki, tmp_path: Path):
    with pytest.raises(MissingError, match="no PKI here"):
        v2g.Pki(tmp_path / "nothing")
    path = pki.folder / store.INDEX
    data = json.loads(path.read_text())
    for broken in ("{", "[]", json.dumps({**data, "format": 7}), json.dumps({**data, "entries": [{"x": 1}]})):
        path.write_text(broken)
        with pytest.raises(ToolError, match=r"pki\.json"):
            v2g.Pki(pki.folder)
