"""Folders for those who use the certificates: the board's flat one and the peer's layout.

An export is whole or not there, replaces only an export (`force`), and is for its owner alone.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from certs import files
from certs.keys import pem
from certs.v2g.pki import Pki
from host_tools.errors import ToolError

DEVICE_KEY = "secc_key.der"
ROOTS = ("v2g_root", "mo_root", "oem_root")

PEER_FOLDER = "iso15118_2"  # its loaders look there for -20 too
_MARKS = (DEVICE_KEY, PEER_FOLDER, f"{ROOTS[0]}_0.der")  # of which each export has one
_PEER_NAMES = {
    "v2g_root": "v2gRootCA",
    "cpo_sub1": "cpoSubCA1",
    "cpo_sub2": "cpoSubCA2",
    "secc": "seccLeaf",
    "cps_sub1": "cpsSubCA1",
    "cps_sub2": "cpsSubCA2",
    "cps": "cpsLeaf",
    "mo_root": "moRootCA",
    "mo_sub1": "moSubCA1",
    "mo_sub2": "moSubCA2",
    "contract": "contractLeaf",
    "oem_root": "oemRootCA",
    "oem_sub1": "oemSubCA1",
    "oem_sub2": "oemSubCA2",
    "oem": "oemLeaf",
}
_PEER_KEYS = {  # role: its password file; mo_sub2 signs tariffs
    "secc": "seccLeafPassword.txt",
    "cps": "cpsLeafPassword.txt",
    "contract": "contractLeafPassword.txt",
    "oem": "oemLeafPassword.txt",
    "mo_sub2": "moSubCA2LeafPassword.txt",
}
_PEER_CHAINS = {"secc": "cpoCertChain.pem", "oem": "oemCertChain.pem"}


def export_device(pki: Pki, target: Path, *, secc: str = "secc", force: bool = False) -> list[Path]:
    """Write the board's folder: the SECC's key (SEC1 DER) and chain, leaf first, every root, every revocation list.

    Return the files.  Errors: ToolError, OSError from the disk; what was at `target` is kept then.
    """
    with _folder(target, force) as fresh:
        key = pki.key(secc).private_bytes(Encoding.DER, _key_format(pki), NoEncryption())
        files.write(fresh / DEVICE_KEY, key, files.PRIVATE)
        for number, name in enumerate(pki.chain(secc)[:-1]):
            files.write(fresh / f"secc_{number}.der", _der(pki, name))
        _write_roots(pki, fresh)
        written = sorted(path.name for path in fresh.iterdir())
    return [target / name for name in written]


def export_roots(pki: Pki, target: Path, *, force: bool = False) -> list[Path]:
    """Write what a board that makes its own key gets besides its chain: every root, every revocation list.

    Return the files.  Errors: ToolError, OSError from the disk; what was at `target` is kept then.
    """
    with _folder(target, force) as fresh:
        _write_roots(pki, fresh)
        written = sorted(path.name for path in fresh.iterdir())
    return [target / name for name in written]


def chain_pem(pki: Pki, name: str) -> bytes:
    """Return the chain of a certificate as PEM, the leaf first, without its root."""
    return b"".join(_pem(pki, each) for each in pki.chain(name)[:-1])


def _write_roots(pki: Pki, folder: Path) -> None:
    for role in ROOTS:
        for number, name in enumerate(pki.names(role)):
            files.write(folder / f"{role}_{number}.der", _der(pki, name))
    lists = [entry.crl_path(pki.folder) for entry in pki.index.entries.values() if entry.crl]
    for number, path in enumerate(lists):
        files.write(folder / f"crl_{number}.der", path.read_bytes())


def export_peer(
    pki: Pki,
    target: Path,
    *,
    secc: str = "secc",
    contract: str = "contract",
    oem: str = "oem",
    cps: str = "cps",
    force: bool = False,
) -> list[Path]:
    """Write the layout that the package `iso15118` reads with PKI_PATH set to `target` and a slash.

    Certificates as PEM and DER, keys as encrypted PEM with one fresh password for each.
    Return the files.  Errors: ToolError, OSError from the disk; what was at `target` is kept then.
    """
    leaves = {"secc": secc, "contract": contract, "oem": oem, "cps": cps}
    names = {pki.entry(name).role: name for leaf in leaves.values() for name in pki.chain(leaf)}
    with _folder(target, force) as fresh:
        certificates, keys = fresh / PEER_FOLDER / "certs", fresh / PEER_FOLDER / "private_keys"
        for folder in (fresh / PEER_FOLDER, certificates, keys):
            folder.mkdir(mode=files.FOLDER)
        for role, peer_name in _PEER_NAMES.items():
            files.write(certificates / f"{peer_name}Cert.der", _der(pki, names[role]))
            files.write(certificates / f"{peer_name}Cert.pem", _pem(pki, names[role]))
        for role, chain in _PEER_CHAINS.items():
            files.write(certificates / chain, chain_pem(pki, names[role]))
        for role, password_file in _PEER_KEYS.items():
            password = secrets.token_urlsafe(18).encode()
            files.write(keys / f"{_PEER_NAMES[role]}.key", pem(pki.key(names[role]), password), files.PRIVATE)
            files.write(keys / password_file, password + b"\n", files.PRIVATE)
        written = sorted(path.relative_to(fresh) for path in fresh.rglob("*") if path.is_file())
    return [target / name for name in written]


@contextlib.contextmanager
def _folder(target: Path, force: bool) -> Iterator[Path]:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        if not any((target / name).exists() for name in _MARKS):
            raise ToolError(f"{target}: something that is no export is there; name another folder")
        if not force:
            raise ToolError(f"{target}: an export is there; --force replaces it")
    with files.new_folder(target) as fresh:
        yield fresh


def _key_format(pki: Pki) -> PrivateFormat:
    """SEC1 for keys on a curve, PKCS#8 for Ed448, which has no other."""
    return PrivateFormat.PKCS8 if pki.index.key == "Ed448" else PrivateFormat.TraditionalOpenSSL


def _der(pki: Pki, name: str) -> bytes:
    return pki.certificate(name).public_bytes(Encoding.DER)


def _pem(pki: Pki, name: str) -> bytes:
    return pki.certificate(name).public_bytes(Encoding.PEM)
