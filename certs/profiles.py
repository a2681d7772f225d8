"""Certificate profiles as data: who signs whom, for what, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Extra(NamedTuple):
    """An extension that no profile of a standard has; `value` is its DER."""

    oid: str
    value: bytes
    critical: bool


@dataclass(frozen=True)
class Profile:
    """One certificate.  issuer: name of the profile that signs it, its own for a root.

    common_name: of the subject, or what the identity is called where `identity` says that one is given at issue.
    path_length: intermediate CAs allowed below a CA, None for any number.
    usage: names of x509.KeyUsage's flags.  purposes: names of ExtendedKeyUsageOID's members.
    key: a name of certs.keys.KINDS.  max_bytes: bound of the DER.
    ours: fields of this row that are our choice where the standard leaves them open or leaves them to an operator.
    """

    name: str
    common_name: str
    issuer: str
    days: int
    usage: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    ca: bool = False
    path_length: int | None = None
    names_host: bool = False  # carries the host names it is issued for
    identity: str = ""  # emaid, pcid, secc_id
    domain_component: str = ""
    names_ocsp: bool = False  # carries the address of the OCSP responder where one is given
    key: str = "P-256"
    max_bytes: int | None = None
    extras: tuple[Extra, ...] = ()
    ours: tuple[str, ...] = ()


MQTT_CLIENT = Profile("client", "gridkeel-uplink", "ca", 825, ("digital_signature",), ("CLIENT_AUTH",))
MQTT = (
    Profile("ca", "Gridkeel MQTT test CA", "ca", 3650, ("key_cert_sign", "crl_sign"), ca=True, path_length=0),
    Profile("server", "Gridkeel MQTT broker", "ca", 825, ("digital_signature",), ("SERVER_AUTH",), names_host=True),
    MQTT_CLIENT,
)
