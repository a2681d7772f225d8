"""Exports: the board's folder by its bytes, the peer's by the peer's own loaders."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key
from pki_helpers import der, openssl, peer_python

from certs import v2g
from certs.keys import public_bytes
from host_tools.errors import ToolError

LOADS = Path(__file__).parent / "peer_loads.py"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    made = v2g.make(tmp_path_factory.mktemp("pki") / "pki")
    made.issue("contract", identity="DE8AA001234567")
    made.issue("mo_root")
    made.revoke("contract")
    return made


def test_the_board_s_folder_holds_its_files_to_the_byte(pki: v2g.Pki, tmp_path: Path):
    written = v2g.export_device(pki, tmp_path / "board")
    assert [path.name for path in written] == sorted(path.name for path in (tmp_path / "board").iterdir())
    names = {
        "secc_0": "secc",
        "secc_1": "cpo_sub2",
        "secc_2": "cpo_sub1",
        "v2g_root_0": "v2g_root",
        "mo_root_0": "mo_root",
        "mo_root_1": "mo_root-2",
        "oem_root_0": "oem_root",
    }
    content = {path.stem: path.read_bytes() for path in written}
    assert set(content) == {*names, "secc_key", "crl_0"}
    for stem, name in names.items():
        assert content[stem] == der(pki.certificate(name)), stem
    key = load_der_private_key(content["secc_key"], None)
    assert public_bytes(key.public_key()) == public_bytes(pki.key("secc").public_key())  # type: ignore[arg-type]
    assert (
        "ASN1 OID: prime256v1"
        in openssl("ec", "-inform", "DER", "-in", tmp_path / "board" / "secc_key.der", "-text", "-noout").stdout
    )
    assert [each.serial_number for each in x509.load_der_x509_crl(content["crl_0"])] == [
        pki.certificate("contract").serial_number
    ]
    for path in written:
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.stem == "secc_key" else 0o644)


def test_the_peer_s_own_loaders_take_its_folder(pki: v2g.Pki, tmp_path: Path):
    v2g.export_peer(pki, tmp_path / "ev", contract="contract-2")
    found = json.loads(peer_python(LOADS, tmp_path / "run", PKI_PATH=f"{tmp_path / 'ev'}/"))
    assert found["keys"] == dict.fromkeys(("secc", "contract", "oem", "cps", "mo_sub2"), True)
    assert found["chains"] == {
        "secc": "DEGKLS000001",
        "cps": "Gridkeel CPS",
        "contract": "DE8AA0012345670",
        "oem": "GKLTESTVEHICLE001",
    }
    assert list(found["contexts"].values()) == [True] * 4


def test_the_peers_keys_are_encrypted_each_with_its_own_password(pki: v2g.Pki, tmp_path: Path):
    written = v2g.export_peer(pki, tmp_path / "ev")
    keys = [path for path in written if path.suffix == ".key"]
    passwords = [path.read_bytes().strip() for path in written if path.name.endswith("Password.txt")]
    assert len(keys) == 5 and len(set(passwords)) == 5
    for path in keys:
        with pytest.raises(TypeError, match="not given"):
            load_pem_private_key(path.read_bytes(), None)
    for path in (tmp_path / "ev").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        private = path.parent.name == "private_keys"
        assert mode == (0o700 if path.is_dir() else 0o600 if private else 0o644), path


@pytest.mark.parametrize("write", [v2g.export_device, v2g.export_peer])
def test_an_export_replaces_an_export_by_force_and_nothing_else(write, pki: v2g.Pki, tmp_path: Path):
    target = tmp_path / "out"
    target.mkdir()
    write(pki, target)
    (target / "more").write_text("x")
    with pytest.raises(ToolError, match="--force"):
        write(pki, target)
    assert (target / "more").exists()
    write(pki, target, force=True)
    assert not (target / "more").exists()
    home = tmp_path / "home"
    home.mkdir()
    (home / "letter").write_text("dear")
    with pytest.raises(ToolError, match="no export"):
        write(pki, home, force=True)
    with pytest.raises(ToolError, match="no export"):
        write(pki, pki.folder, force=True)
    assert (home / "letter").exists()


def test_an_export_of_what_is_not_there_leaves_nothing(pki: v2g.Pki, tmp_path: Path):
    with pytest.raises(ToolError, match="no secc-9 in it"):
        v2g.export_device(pki, tmp_path / "board", secc="secc-9")
    with pytest.raises(ToolError, match="no contract-9 in it"):
        v2g.export_peer(pki, tmp_path / "ev", contract="contract-9")
    assert list(tmp_path.iterdir()) == []
