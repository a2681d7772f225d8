"""The certificates of ISO 15118-2 and -20 as rows.

-2: annex F's profiles and annex E's validity periods; every certificate at most 800 bytes (the schema's
certificateType).  `ours` marks what the standard leaves to an operator, or what we could not hold against its text.
A chain is leaf, sub-CA 2, sub-CA 1, root; no certificate has a subject alternative name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from certs.profiles import Profile

_YEAR = 365
_MAX_BYTES_2 = 800
_MAX_BYTES_20 = 1600
_CA = ("key_cert_sign", "crl_sign")
_MO_SUB2 = ("digital_signature", "content_commitment", *_CA)  # signs tariffs too
_CONTRACT = ("digital_signature", "content_commitment", "key_encipherment", "key_agreement")
_AGREES = ("digital_signature", "key_agreement")


def _root(name: str, common_name: str, years: int, component: str, *ours: str) -> Profile:
    return Profile(
        name,
        common_name,
        name,
        years * _YEAR,
        _CA,
        ca=True,
        domain_component=component,
        max_bytes=_MAX_BYTES_2,
        ours=("common_name", *ours),
    )


def _sub(name: str, common_name: str, issuer: str, days: int, length: int, component: str, *ours: str) -> Profile:
    return Profile(
        name,
        common_name,
        issuer,
        days,
        _MO_SUB2 if name == "mo_sub2" else _CA,
        ca=True,
        path_length=length,
        domain_component=component,
        names_ocsp=True,
        max_bytes=_MAX_BYTES_2,
        ours=("common_name", "domain_component", *ours),
    )


def _leaf(
    name: str, identity: str, issuer: str, days: int, usage: tuple[str, ...], component: str, *ours: str
) -> Profile:
    return Profile(
        name,
        "" if identity else "Gridkeel CPS",
        issuer,
        days,
        usage,
        identity=identity,
        domain_component=component,
        names_ocsp=True,
        max_bytes=_MAX_BYTES_2,
        ours=ours,
    )


ISO2 = (
    _root("v2g_root", "V2G Root CA", 40, "V2G"),
    _sub("cpo_sub1", "CPO Sub-CA 1", "v2g_root", 4 * _YEAR, 1, "V2G"),
    _sub("cpo_sub2", "CPO Sub-CA 2", "cpo_sub1", 2 * _YEAR, 0, "V2G"),  # 1 to 2 years
    _leaf("secc", "secc_id", "cpo_sub2", 90, _AGREES, "CPO"),  # 2 to 3 months
    _sub("cps_sub1", "CPS Sub-CA 1", "v2g_root", 4 * _YEAR, 1, "V2G"),
    _sub("cps_sub2", "CPS Sub-CA 2", "cps_sub1", 2 * _YEAR, 0, "V2G"),  # 1 to 2 years
    _leaf("cps", "", "cps_sub2", 90, ("digital_signature",), "CPS", "common_name"),  # 2 to 3 months
    _root("mo_root", "MO Root CA", 10, "MO", "days", "domain_component"),
    _sub("mo_sub1", "MO Sub-CA 1", "mo_root", 4 * _YEAR, 1, "MO", "days"),
    _sub("mo_sub2", "MO Sub-CA 2", "mo_sub1", 4 * _YEAR, 0, "MO", "days"),
    _leaf("contract", "emaid", "mo_sub2", 2 * _YEAR, _CONTRACT, "MO", "domain_component"),  # 4 weeks to 2 years
    _root("oem_root", "OEM Root CA", 40, "OEM", "days", "domain_component"),
    _sub("oem_sub1", "OEM Sub-CA 1", "oem_root", 15 * _YEAR, 1, "OEM", "days"),
    _sub("oem_sub2", "OEM Sub-CA 2", "oem_sub1", 15 * _YEAR, 0, "OEM", "days"),
    _leaf("oem", "pcid", "oem_sub2", 10 * _YEAR, _AGREES, "OEM", "days"),
)

# -20 keeps -2's shape with stronger keys; its own annex was not at hand, so that usage and periods are carried over.
ISO20 = tuple(
    replace(row, key="P-521", max_bytes=_MAX_BYTES_20, ours=(*row.ours, "usage", "days"))
    for row in (*ISO2, replace(ISO2[-1], name="vehicle"))  # what an EV shows in the TLS handshake of -20
)


@dataclass(frozen=True)
class Edition:
    """One edition of the standard.  keys: kinds of key it allows, the first where none is asked for."""

    profiles: tuple[Profile, ...]
    keys: tuple[str, ...]

    def profile(self, role: str) -> Profile:
        """Return the profile of a role.  Errors: KeyError."""
        return {row.name: row for row in self.profiles}[role]


EDITIONS = {"2": Edition(ISO2, ("P-256",)), "20": Edition(ISO20, ("P-521", "Ed448"))}
LEAVES = ("secc", "cps", "contract", "oem")
