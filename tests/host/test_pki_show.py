"""What `show` finds: every row of its table provoked, and nothing in what is well."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pki_helpers import cryptography_accepts, openssl_accepts

from certs import v2g
from certs.issuing import Subject
from certs.issuing import make as make_pair
from certs.keys import KINDS, pem
from certs.v2g import defects
from certs.v2g.check import CHECKS, check
from certs.v2g.sources import Chain, chains
from host_tools.errors import MissingError, ToolError

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki")


def _chain(pki: v2g.Pki, leaf: str) -> Chain:
    return next(chain for chain in chains(pki.folder) if chain[0].name == leaf)


def _found(pki: v2g.Pki, leaf: str = "secc", now: datetime = NOW) -> set[tuple[str, str]]:
    return {(finding.name, finding.code) for finding in check(_chain(pki, leaf), now)}


def test_show_finds_nothing_in_a_sound_pki(good: v2g.Pki):
    for chain in chains(good.folder):
        assert check(chain, NOW) == []


# Defect, chain, and what show says: certificate and code. wrong_root shows only next to the right one.
FINDS = [
    ("expired", "secc", {("secc", "expired")}),
    ("expired_sub", "contract", {("mo_sub2", "expired")}),
    ("not_yet_valid", "secc", {("secc", "not_yet_valid")}),
    ("revoked", "contract", {("contract", "revoked")}),
    ("revoked_sub", "secc", {("cpo_sub2", "revoked")}),
    ("key_usage", "secc", {("secc", "usage")}),
    ("key_usage_sub", "oem", {("oem_sub2", "usage")}),
    ("path_length", "secc", {("cpo_sub1", "path_length")}),
    ("no_ca", "secc", {("cpo_sub2", "path_length"), ("cpo_sub2", "usage")}),
    ("leaf_is_ca", "secc", {("secc", "path_length"), ("secc", "usage")}),
    (
        "order",
        "secc",
        {("secc", "order"), ("cpo_sub2", "order"), ("cpo_sub1", "order"), ("cpo_sub1", "path_length")},
    ),
    ("signature", "secc", {("secc", "issuer")}),
    ("signature_sub", "contract", {("mo_sub2", "issuer")}),
    ("curve_p384", "secc", {("secc", "key_kind")}),
    ("curve_secp256k1", "contract", {("contract", "key_kind")}),
    ("oversized", "secc", {("secc", "size")}),
    ("critical", "secc", {("secc", "critical")}),
    ("domain_component", "secc", {("secc", "domain_component")}),
    ("identity", "contract", {("contract", "identity")}),
    ("wrong_root", "secc", set()),
]


@pytest.mark.parametrize(("name", "leaf", "wrong"), FINDS, ids=[row[0] for row in FINDS])
def test_a_defect_is_found_and_nothing_else(name: str, leaf: str, wrong: set, good: v2g.Pki, tmp_path: Path):
    bad = defects.make(good, tmp_path / "bad", name, leaf)
    assert _found(bad, leaf) == wrong
    others = [chain[0].name for chain in chains(bad.folder) if chain[0].name != leaf]
    assert len(others) == 3 and not any(_found(bad, other) for other in others if other != "cps")


def test_every_defect_is_in_the_table_above():
    assert {row[0] for row in FINDS} == set(defects.DEFECTS)


# What openssl and cryptography have no rule for: sizes, names and curves of ISO 15118, and lists they were not given.
UNHEEDED = {
    "revoked",
    "revoked_sub",
    "oversized",
    "domain_component",
    "identity",
    "curve_p384",
    "key_usage",
    "wrong_root",
}


@pytest.mark.parametrize("name", sorted(set(defects.DEFECTS) - UNHEEDED - {"order", "curve_secp256k1", "leaf_is_ca"}))
def test_other_verifiers_refuse_the_defect_too(name: str, good: v2g.Pki, tmp_path: Path):
    bad = defects.make(good, tmp_path / "bad", name)
    assert openssl_accepts(bad, "secc", tmp_path / "openssl") != ""
    assert cryptography_accepts(bad, "secc", NOW) != ""


def test_a_chain_under_another_root_of_the_same_name_is_refused(good: v2g.Pki, tmp_path: Path):
    bad = defects.make(good, tmp_path / "bad", "wrong_root")
    assert bad.certificate("v2g_root").subject == good.certificate("v2g_root").subject
    bad.install("v2g_root", good.pair("v2g_root"))
    assert openssl_accepts(bad, "secc", tmp_path / "openssl") != ""
    assert [finding.code for finding in check(_chain_with_root(bad, good), NOW)] == ["issuer"]


def _chain_with_root(bad: v2g.Pki, good: v2g.Pki) -> Chain:
    return (*_chain(v2g.Pki(bad.folder), "secc")[:-1], _chain(good, "secc")[-1])


def test_a_defect_needs_a_name_and_a_chain_that_it_is_one_of(good: v2g.Pki, tmp_path: Path):
    with pytest.raises(ToolError, match="no defect shark"):
        defects.make(good, tmp_path / "bad", "shark")
    with pytest.raises(ToolError, match="is no defect of secc"):
        defects.make(good, tmp_path / "bad", "identity", "secc")
    assert not (tmp_path / "bad").exists()


def test_a_certificate_that_expires_soon_is_found(good: v2g.Pki):
    end = good.certificate("secc").not_valid_after_utc
    assert _found(good, now=end - timedelta(days=14)) == set()
    assert _found(good, now=end - timedelta(days=13)) == {("secc", "soon")}
    assert _found(good, now=end) == {("secc", "soon")}
    assert _found(good, now=end + timedelta(seconds=1)) == {("secc", "expired")}


def _with_key(pki: v2g.Pki, change: Callable[[Path], object]) -> v2g.Pki:
    change(pki.entry("secc").path(pki.folder, ".key"))
    return pki


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda path: path.write_bytes(pem(KINDS["P-256"].make())), "key"),
        (lambda path: path.write_bytes(b"-----BEGIN nonsense"), "key"),
        (lambda path: path.unlink(), "key"),
        (lambda path: path.chmod(0o640), "file_mode"),
        (lambda path: path.parent.chmod(0o750), "file_mode"),
    ],
    ids=["another", "broken", "missing", "readable", "folder"],
)
def test_keys_that_do_not_fit_or_are_readable_by_others_are_found(
    change: Callable[[Path], object], code: str, tmp_path: Path
):
    pki = _with_key(v2g.make(tmp_path / "pki"), change)
    assert _found(pki) == {("secc", code)}


def test_a_list_that_is_out_of_date_or_broken_is_found(tmp_path: Path):
    pki = v2g.make(tmp_path / "pki")
    path, _ = pki.revoke("secc", now=NOW - timedelta(days=40))
    assert _found(pki) == {("secc", "revoked"), ("cpo_sub2", "stale_list")}
    pki.revoke("secc")
    pki.renew("secc", new_key=True)
    assert _found(pki) == set()
    pki.entry("cpo_sub2").crl_path(pki.folder).write_bytes(b"?")
    assert _found(pki) == {("cpo_sub2", "stale_list")}


def test_a_root_with_a_purpose_and_an_emaid_with_a_wrong_digit_are_found(tmp_path: Path):
    pki = v2g.make(tmp_path / "pki")
    rows = {
        "v2g_root": ("V2G Root CA", {"purposes": ("SERVER_AUTH",)}, None),
        "contract": ("DE8AA0012345671", {}, pki.pair("mo_sub2")),
    }
    for name, (common_name, changes, issuer) in rows.items():
        subject = Subject(common_name, "Gridkeel", "DE")
        pair = make_pair(replace(pki.profile(name), **changes), subject, issuer, NOW, key=pki.key(name))
        with pki.change():
            pki.install(name, pair)
    assert _found(pki) == {("v2g_root", "purpose")}
    assert _found(pki, "contract") == {("contract", "identity")}


def test_every_row_of_the_table_was_provoked():
    here = {code for _, _, wrong in FINDS for _, code in wrong}
    assert here | {"soon", "key", "file_mode", "stale_list", "purpose"} == set(CHECKS)


def test_single_files_and_the_board_s_folder_are_shown(good: v2g.Pki, tmp_path: Path):
    v2g.export_peer(good, tmp_path / "ev")
    v2g.export_device(good, tmp_path / "board")
    certificates = tmp_path / "ev" / "iso15118_2" / "certs"
    for path in certificates.iterdir():
        (chain,) = chains(path)
        assert check(chain, NOW) == [], path
    (chain,) = chains(certificates / "cpoCertChain.pem")
    assert [member.profile.name for member in chain if member.profile] == ["secc", "cpo_sub2", "cpo_sub1"]
    board = chains(tmp_path / "board")
    assert [member.name for member in board[0]] == ["secc_0", "secc_1", "secc_2", "v2g_root_0"]
    assert [check(chain, NOW) for chain in board] == [[], [], []]
    os.replace(tmp_path / "board" / "secc_2.der", tmp_path / "board" / "secc_1.der")
    assert {finding.code for finding in check(chains(tmp_path / "board")[0], NOW)} == {"issuer"}


def test_a_chain_in_the_wrong_order_and_what_is_no_certificate_are_found(good: v2g.Pki, tmp_path: Path):
    parts = [good.entry(name).path(good.folder, ".pem").read_bytes() for name in good.chain("secc")]
    path = tmp_path / "chain.pem"
    path.write_bytes(parts[0] + parts[2] + parts[1] + parts[3])
    (chain,) = chains(path)
    assert ("chain.pem #1", "order") in {(finding.name, finding.code) for finding in check(chain, NOW)}
    path.write_bytes(b"letters")
    with pytest.raises(ToolError, match="no certificate"):
        chains(path)
    with pytest.raises(MissingError):
        chains(tmp_path / "nothing")
    with pytest.raises(MissingError, match="neither"):
        chains(tmp_path)


def test_a_role_says_what_a_file_has_to_be(good: v2g.Pki, tmp_path: Path):
    bad = defects.make(good, tmp_path / "bad", "domain_component")
    path = bad.entry("secc").path(bad.folder, ".pem")
    assert check(chains(path)[0], NOW) == []
    assert [finding.code for finding in check(chains(path, "secc")[0], NOW)] == ["domain_component"]
    with pytest.raises(ToolError, match="no role shark"):
        chains(path, "shark")
