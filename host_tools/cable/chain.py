"""The signed chain of a board's own key, with the roots it leads to: judged whole before a board is touched."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from certs.v2g.check import check
from certs.v2g.export import ROOTS
from certs.v2g.sources import Member, guessed
from gridkeel.crypto import chain as path_rules
from gridkeel.crypto import crl, profiles, refusals
from gridkeel.crypto.refusals_text import CATALOGUE
from gridkeel.errors import CertificateError
from host_tools.cable.own_key import point_of
from host_tools.errors import MissingError, ToolError

V2G_ROOT = ROOTS[0]
LISTS = "crl"
MOST_FILE_BYTES = 100_000
_MEANINGS = {code: text for code, _name, text in CATALOGUE}
_MOST_OF_A_KIND = 10  # as boards/pki.py reads them


@dataclass(frozen=True)
class Chain:
    """What judged files put on a board.  public: 65 bytes of the leaf's key.  files: {name in /pki: octets}."""

    public: bytes
    files: dict[str, bytes]


def read(path: Path, roots: Path, now: datetime | None = None) -> Chain:
    """Return a chain that leads to one of the V2G roots in a folder, and is what ISO 15118-2 asks of a charger's.

    path: PEM, the leaf first; its root may be there.  roots: of `gridkeel pki export --roots`.
    Errors: MissingError without a file; ToolError with what is wrong.
    """
    now = now or datetime.now(UTC)
    trusted = read_roots(roots)
    anchors = [x509.load_der_x509_certificate(data) for name, data in trusted.items() if name.startswith(V2G_ROOT)]
    given = _certificates(path)
    if len(given) > 1 and given[-1] in anchors:
        given = given[:-1]
    ders = [each.public_bytes(Encoding.DER) for each in given]
    _check_path(path, ders, trusted, now)
    _check_profiles(path, given, anchors, now)
    return Chain(point_of(given[0]), {**{f"secc_{number}.der": data for number, data in enumerate(ders)}, **trusted})


def read_roots(folder: Path) -> dict[str, bytes]:
    """Return the roots and revocation lists of a folder, by the names that a board knows them by.

    Errors: MissingError, ToolError.
    """
    if not folder.is_dir():
        raise MissingError(f"cannot read {folder}: no such folder; `gridkeel pki export --roots {folder}` makes one")
    found = {path.name: path.read_bytes() for path in sorted(folder.glob("*.der"))}
    for name, data in found.items():
        kind, number = _parts(folder, name)
        if f"{kind}_{number - 1}.der" not in found and number:
            raise ToolError(f"{folder / name}: there is no {kind}_{number - 1}.der: a board reads them from 0 on")
        try:
            if kind == LISTS:
                x509.load_der_x509_crl(data)
            else:
                x509.load_der_x509_certificate(data)
        except ValueError as error:
            raise ToolError(f"{folder / name} cannot be read: {error}") from None
    if f"{V2G_ROOT}_0.der" not in found:
        raise MissingError(f"{folder} holds no {V2G_ROOT}_0.der, the root that the chain has to lead to")
    return found


def _parts(folder: Path, name: str) -> tuple[str, int]:
    found = re.fullmatch(rf"({'|'.join((*ROOTS, LISTS))})_(\d)\.der", name)
    if not found:
        raise ToolError(
            f"{folder / name}: a board reads {', '.join(f'{kind}_N.der' for kind in (*ROOTS, LISTS))} with N from 0 "
            f"to {_MOST_OF_A_KIND - 1} here, and nothing else"
        )
    return found[1], int(found[2])


def _certificates(path: Path) -> Sequence[x509.Certificate]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    if len(data) > MOST_FILE_BYTES:
        raise ToolError(f"{path}: {len(data):,} bytes are no chain")
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise ToolError(f"{path} is no chain of certificates in PEM: {error}") from None


def _check_path(path: Path, ders: list[bytes], trusted: dict[str, bytes], now: datetime) -> None:
    """Judge the path by the firmware's own rules, which are what ISO 15118-2 asks of it."""
    lists = []
    for name, data in trusted.items():
        if name.startswith(LISTS):
            try:
                lists.append(_driven(crl.parse(data)))
            except CertificateError as error:
                raise ToolError(f"{name}: {error}") from None
    roots = [data for name, data in trusted.items() if name.startswith(V2G_ROOT)]
    unix_s = int(now.timestamp())
    code = _driven(path_rules.validate(ders, roots, unix_s, lists, profiles.SECC))
    if code != refusals.OK:
        raise ToolError(f"{path}: {refusals.name(code)}: {_MEANINGS[code]}")


def _check_profiles(
    path: Path, given: Sequence[x509.Certificate], anchors: list[x509.Certificate], now: datetime
) -> None:
    """Judge each certificate by the row of its role."""
    chain = [
        Member(f"certificate {number + 1}", each, guessed(each, "" if number else "secc"))
        for number, each in enumerate(given)
    ]
    chain += [Member("root", each, guessed(each)) for each in anchors if _issued(given[-1], each)][:1]
    for finding in check(tuple(chain), now, soon_days=0):
        raise ToolError(f"{path}: {finding.name}: {finding.code}: {finding.text}")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Say whether this root issued it: while one is renewed there are two of the same name."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _driven(work: Any) -> Any:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
