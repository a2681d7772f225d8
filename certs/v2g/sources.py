"""Inputs of `show`: a PKI, a board's folder, a file with one certificate or a chain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from certs.issuing import is_ca
from certs.profiles import Profile
from certs.v2g import store
from certs.v2g.export import DEVICE_KEY, ROOTS
from certs.v2g.pki import Pki
from certs.v2g.profiles import EDITIONS, ISO2
from host_tools.errors import MissingError, ToolError

_LEAF_BY_COMPONENT = {row.domain_component: row.name for row in ISO2 if not row.ca}
_ROOT_BY_COMPONENT = {row.domain_component: row.name for row in ISO2 if row.issuer == row.name}


@dataclass(frozen=True)
class Member:
    """One certificate of a chain, and what is known about it from outside."""

    name: str
    certificate: x509.Certificate
    profile: Profile | None
    key_file: Path | None = None
    revoked: str = ""  # since when
    list_file: Path | None = None  # the revocation list it signed


Chain = tuple[Member, ...]  # leaf first, as far as the issuers are there


def chains(path: Path, role: str = "") -> list[Chain]:
    """Return the chains of a PKI, of a board's folder or of a file.

    role: of the first certificate in a file; without it the subject's DC and the path length decide.
    Errors: ToolError, MissingError.
    """
    if (path / store.INDEX).exists():
        return _of_pki(Pki(path))
    if (path / DEVICE_KEY).exists():
        return _of_device(path)
    if path.is_dir():
        raise MissingError(f"{path}: neither a PKI nor a board's folder")
    return [_of_file(path, role)]


def _of_pki(pki: Pki) -> list[Chain]:
    leaves = [name for name in pki.names() if not pki.profile(name).ca]
    found = [pki.chain(name) for name in leaves]
    used = {name for chain in found for name in chain}
    found += [pki.chain(name) for name in pki.names() if name not in used]
    return [tuple(_member(pki, name) for name in chain) for chain in found]


def _member(pki: Pki, name: str) -> Member:
    entry = pki.entry(name)
    return Member(
        name,
        pki.certificate(name),
        pki.profile(name),
        None if entry.key_elsewhere else entry.path(pki.folder, ".key"),
        entry.revoked.get(str(entry.number), ""),
        entry.crl_path(pki.folder) if entry.crl else None,
    )


def _of_device(folder: Path) -> list[Chain]:
    own = [_read(path)[0] for path in _numbered(folder, "secc")]
    roots = {path.stem: _read(path)[0] for role in ROOTS for path in _numbered(folder, role)}
    chain = [
        Member(f"secc_{i}", each, guessed(each, "" if i else "secc"), None if i else folder / DEVICE_KEY)
        for i, each in enumerate(own)
    ]
    if chain:
        chain += [_root(name, root) for name, root in roots.items() if root.subject == own[-1].issuer][:1]
    used = {member.name for member in chain}
    return [tuple(chain), *((_root(name, root),) for name, root in roots.items() if name not in used)]


def _root(name: str, certificate: x509.Certificate) -> Member:
    return Member(name, certificate, guessed(certificate))


def _numbered(folder: Path, stem: str) -> list[Path]:
    found = [path for path in folder.glob(f"{stem}_*.der") if re.fullmatch(rf"{stem}_\d+", path.stem)]
    return sorted(found, key=lambda path: int(path.stem.rpartition("_")[2]))


def _of_file(path: Path, role: str) -> Chain:
    found = _read(path)
    return tuple(
        Member(path.name if len(found) == 1 else f"{path.name} #{i + 1}", each, guessed(each, "" if i else role))
        for i, each in enumerate(found)
    )


def _read(path: Path) -> Sequence[x509.Certificate]:
    """Return the certificates of a PEM or DER file, in its order."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingError(f"{path}: {error.strerror}") from None
    try:
        if b"-----BEGIN " in data:
            return x509.load_pem_x509_certificates(data)
        return [x509.load_der_x509_certificate(data)]
    except ValueError:
        raise ToolError(f"{path}: no certificate in PEM or DER") from None


def guessed(certificate: x509.Certificate, role: str = "") -> Profile | None:
    """Return the profile of a role, or the one a certificate looks like; None where nothing decides it."""
    edition = EDITIONS["2" if _bits(certificate) <= 256 else "20"]
    if not role:
        role = _ca_role(certificate) if is_ca(certificate) else _LEAF_BY_COMPONENT.get(_component(certificate), "")
    rows = {row.name: row for row in edition.profiles}
    if role and role not in rows:
        raise ToolError(f"no role {role}; there are {', '.join(rows)}")
    return rows.get(role)


def _ca_role(certificate: x509.Certificate) -> str:
    if certificate.subject == certificate.issuer:
        return _ROOT_BY_COMPONENT.get(_component(certificate), "mo_root")
    length = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    return "cpo_sub1" if length else "cpo_sub2"


def _component(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(x509.NameOID.DOMAIN_COMPONENT)
    return str(found[0].value) if found else ""


def _bits(certificate: x509.Certificate) -> int:
    return getattr(certificate.public_key(), "key_size", 448)
