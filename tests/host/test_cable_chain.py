"""The chain of a board's own key: what is wrong with one is said before a board is touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs import v2g
from certs.v2g import defects
from host_tools.cable import chain
from host_tools.cable.own_key import point_of
from host_tools.errors import MissingError, ToolError

OF_A_CHARGER = sorted(name for name, defect in defects.DEFECTS.items() if "secc" in defect.leaves)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki")


def written(pki: v2g.Pki, folder: Path, name: str = "secc") -> tuple[Path, Path]:
    """Write a chain and its roots; return where."""
    folder.mkdir(exist_ok=True)
    (folder / "chain.pem").write_bytes(v2g.chain_pem(pki, name))
    v2g.export_roots(pki, folder / "roots")
    return folder / "chain.pem", folder / "roots"


def test_a_sound_chain_is_what_goes_on_the_board_with_or_without_its_root(pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(pki, tmp_path)
    found = chain.read(path, roots)
    assert found.public == point_of(pki.certificate("secc")) and len(found.public) == 65
    assert {name: data for name, data in found.files.items() if not name.startswith("secc_")} == {
        each.name: each.read_bytes() for each in roots.iterdir()
    }
    assert [x509.load_der_x509_certificate(found.files[f"secc_{n}.der"]) for n in range(3)] == [
        pki.certificate(name) for name in ("secc", "cpo_sub2", "cpo_sub1")
    ]
    with path.open("ab") as file:
        file.write(pki.certificate("v2g_root").public_bytes(Encoding.PEM))
    assert chain.read(path, roots) == found


def test_while_a_root_is_renewed_the_one_that_issued_the_chain_is_found(pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(pki, tmp_path)
    own = (roots / "v2g_root_0.der").read_bytes()
    other = v2g.make(tmp_path / "other").certificate("v2g_root").public_bytes(Encoding.DER)
    for first, second in ((other, own), (own, other)):
        (roots / "v2g_root_0.der").write_bytes(first)
        (roots / "v2g_root_1.der").write_bytes(second)
        assert len(chain.read(path, roots).files) == 7


@pytest.mark.parametrize("name", OF_A_CHARGER)
def test_a_chain_with_any_one_defect_is_refused(name: str, pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(defects.make(pki, tmp_path / "bad", name, "secc"), tmp_path / "files")
    if name == "wrong_root":
        roots = written(pki, tmp_path / "good")[1]
    with pytest.raises(ToolError, match=str(path)):
        chain.read(path, roots)


def test_a_chain_for_another_role_is_refused(pki: v2g.Pki, tmp_path: Path) -> None:
    for name in ("cps", "contract", "oem"):
        path, roots = written(pki, tmp_path / name, name)
        with pytest.raises(ToolError, match=r"subject|wrong_root"):
            chain.read(path, roots)


def test_a_chain_whose_time_is_not_now_is_refused(pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(pki, tmp_path)
    now = datetime.now(UTC)
    for days, said in ((-1, "not_yet_valid"), (100, "expired")):
        with pytest.raises(ToolError, match=said):
            chain.read(path, roots, now + timedelta(days=days))
    assert chain.read(path, roots, now + timedelta(days=89)).files


def test_part_of_a_chain_is_refused(pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(pki, tmp_path)
    whole = x509.load_pem_x509_certificates(path.read_bytes())
    for part in (whole[:1], whole[:2], whole[1:], whole[::-1], [whole[0], whole[2]], [*whole, whole[2]]):
        path.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in part))
        with pytest.raises(ToolError):
            chain.read(path, roots)


@pytest.mark.parametrize("data", [b"", b"none", b"-----BEGIN CERTIFICATE-----\n", b"x" * 200_000])
def test_a_file_that_is_no_chain_is_refused(data: bytes, pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(pki, tmp_path)
    path.write_bytes(data)
    with pytest.raises(ToolError, match="no chain"):
        chain.read(path, roots)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("v2g_root_2.der", None, "there is no v2g_root_1.der"),
        ("crl_0.der", b"none", "cannot be read"),
        ("mo_root_0.der", b"none", "cannot be read"),
        ("secc_0.der", None, "nothing else"),
        ("v2g_root_10.der", None, "nothing else"),
        ("v2g_root_01.der", None, "nothing else"),
    ],
)
def test_a_folder_of_roots_that_a_board_would_not_read_is_refused(
    name: str, data: bytes | None, said: str, pki: v2g.Pki, tmp_path: Path
) -> None:
    path, roots = written(pki, tmp_path)
    (roots / name).write_bytes((roots / "v2g_root_0.der").read_bytes() if data is None else data)
    with pytest.raises(ToolError, match=said):
        chain.read(path, roots)


def test_roots_that_are_not_there_are_said(pki: v2g.Pki, tmp_path: Path) -> None:
    path, roots = written(pki, tmp_path)
    with pytest.raises(MissingError, match="--roots"):
        chain.read(path, tmp_path / "none")
    (roots / "v2g_root_0.der").unlink()
    with pytest.raises(MissingError, match="v2g_root_0"):
        chain.read(path, roots)
    with pytest.raises(MissingError, match="cannot read"):
        chain.read(tmp_path / "none.pem", written(pki, tmp_path / "again")[1])
