"""Certificates with one named defect each, to test who refuses them.

A defect is put into a copy of a good PKI: the roots stay the same but for `wrong_root`, so that a side that trusts
the good one meets a chain with exactly this fault. `code` is what the board calls it (gridkeel.crypto's refusals).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs import files, issuing
from certs.issuing import Pair, Subject
from certs.profiles import Extra
from certs.v2g.pki import Pki
from certs.v2g.profiles import LEAVES
from host_tools.errors import ToolError

LEAF, SUB2, SUB1, ROOT = range(4)
_OID = "2.25.15118"  # an arc that anybody may use
_PADDING = Extra(_OID, b"\x04\x82\x01\x90" + bytes(400), critical=False)
_CRITICAL = Extra(_OID, b"\x05\x00", critical=True)


@dataclass(frozen=True)
class Defect:
    """One fault.  place: which of the chain has it.  changes: fields of its profile that are other than they should be.

    from_days, until_days: its time, counted from now.  common_name: another one.  act: what is done instead of
    making that one certificate anew.  leaves: of which roles' chains it is a fault.
    """

    name: str
    what: str
    code: str
    place: int = LEAF
    changes: dict[str, Any] = field(default_factory=dict)
    from_days: int = 0
    until_days: int | None = None
    common_name: str = ""
    act: Callable[[Pki, list[str], Defect, datetime], None] | None = None
    leaves: tuple[str, ...] = LEAVES


def make(good: Pki, folder: Path, name: str, leaf: str = "secc", now: datetime | None = None) -> Pki:
    """Copy a PKI to a folder that is not there yet and put a defect into one leaf's chain; return the copy.

    leaf: a name in the PKI, for example secc, contract, oem or cps.  Errors: ToolError, OSError from the disk.
    """
    defect = DEFECTS.get(name)
    if defect is None:
        raise ToolError(f"no defect {name}; there are {', '.join(DEFECTS)}")
    role = good.entry(leaf).role
    if role not in defect.leaves:
        raise ToolError(f"{name} is no defect of {role}, but of {', '.join(defect.leaves)}")
    with files.new_folder(folder) as fresh:
        shutil.copytree(good.folder, fresh, dirs_exist_ok=True)
        pki = Pki(fresh)
        (defect.act or _reissue)(pki, pki.chain(leaf), defect, now or datetime.now(UTC))
    return Pki(folder)


def _reissue(pki: Pki, chain: list[str], defect: Defect, now: datetime) -> None:
    name = chain[defect.place]
    entry = pki.entry(name)
    profile = replace(pki.profile(name), **defect.changes)
    index = pki.index
    subject = Subject(defect.common_name or entry.common_name, index.organisation, index.country)
    issuer = None if entry.issuer == name else pki.pair(entry.issuer)
    pair = issuing.make(
        profile,
        subject,
        issuer,
        now + timedelta(days=defect.from_days),
        key=None if "key" in defect.changes else pki.key(name),
        until=None if defect.until_days is None else now + timedelta(days=defect.until_days),
    )
    _install(pki, {name: pair})


def _another_root(pki: Pki, chain: list[str], defect: Defect, now: datetime) -> None:
    pki.renew(chain[ROOT], new_key=True, now=now)
    pki.renew(chain[SUB1], now=now)


def _swap_subs(pki: Pki, chain: list[str], defect: Defect, now: datetime) -> None:
    _install(pki, {chain[SUB2]: pki.pair(chain[SUB1]), chain[SUB1]: pki.pair(chain[SUB2])})


def _revoke(pki: Pki, chain: list[str], defect: Defect, now: datetime) -> None:
    pki.revoke(chain[defect.place], now=now)


def _break_signature(pki: Pki, chain: list[str], defect: Defect, now: datetime) -> None:
    pair = pki.pair(chain[defect.place])
    data = bytearray(pair.certificate.public_bytes(Encoding.DER))
    data[-1] ^= 1
    _install(pki, {chain[defect.place]: Pair(x509.load_der_x509_certificate(bytes(data)), pair.key)})


def _install(pki: Pki, pairs: dict[str, Pair]) -> None:
    with pki.change():
        for name, pair in pairs.items():
            pki.install(name, pair)


_SIGNS_NOT = ("key_agreement",)
_ROWS = (
    Defect("wrong_root", "its root is another one of the same name", "wrong_root", ROOT, act=_another_root),
    Defect("expired", "the leaf's time is over", "expired", from_days=-60, until_days=-30),
    Defect("expired_sub", "sub-CA 2's time is over", "expired", SUB2, from_days=-60, until_days=-30),
    Defect("not_yet_valid", "the leaf's time is to come", "not_yet_valid", from_days=30),
    Defect("revoked", "the leaf is on its issuer's revocation list", "revoked", act=_revoke),
    Defect("revoked_sub", "sub-CA 2 is on its issuer's revocation list", "revoked", SUB2, act=_revoke),
    Defect("key_usage", "the leaf may not sign", "key_usage", changes={"usage": _SIGNS_NOT}),
    Defect("key_usage_sub", "sub-CA 2 may not sign certificates", "key_usage", SUB2, changes={"usage": ("crl_sign",)}),
    Defect("path_length", "sub-CA 1 allows no sub-CA below it", "path_length", SUB1, changes={"path_length": 0}),
    Defect(
        "no_ca",
        "sub-CA 2 is no CA",
        "basic_constraints",
        SUB2,
        changes={"ca": False, "path_length": None},
    ),
    Defect("leaf_is_ca", "the leaf is a CA", "basic_constraints", changes={"ca": True}),
    Defect("order", "sub-CA 1 comes before sub-CA 2", "chain_order", SUB2, act=_swap_subs),
    Defect("signature", "one bit of the leaf's signature is another", "bad_signature", act=_break_signature),
    Defect("signature_sub", "one bit of sub-CA 2's signature is another", "bad_signature", SUB2, act=_break_signature),
    Defect("curve_p384", "the leaf's key is on P-384", "unknown_curve", changes={"key": "P-384"}),
    Defect("curve_secp256k1", "the leaf's key is on secp256k1", "unknown_curve", changes={"key": "secp256k1"}),
    Defect("oversized", "the leaf has more than 800 bytes", "oversized", changes={"extras": (_PADDING,)}),
    Defect("critical", "a critical extension that nobody knows", "unknown_critical", changes={"extras": (_CRITICAL,)}),
    Defect(
        "domain_component", "the subject has no DC", "subject", changes={"domain_component": ""}, leaves=("secc", "cps")
    ),
    Defect("identity", "the common name is no EMAID", "subject", common_name="123456789012345", leaves=("contract",)),
)
DEFECTS = {row.name: row for row in _ROWS}
