"""Certificate profiles as data: who signs whom, for what, and for how long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """One certificate.  issuer: name of the profile that signs it, its own for a root.

    path_length: intermediate CAs allowed below it, None for an end entity.
    usage: names of x509.KeyUsage's flags.  purposes: names of ExtendedKeyUsageOID's members.
    """

    name: str
    common_name: str
    issuer: str
    days: int
    usage: tuple[str, ...]
    purposes: tuple[str, ...] = ()
    path_length: int | None = None
    names_host: bool = False  # carries the host names it is issued for


MQTT = (
    Profile("ca", "Gridkeel MQTT test CA", "ca", 3650, ("key_cert_sign", "crl_sign"), path_length=0),
    Profile("server", "Gridkeel MQTT broker", "ca", 825, ("digital_signature",), ("SERVER_AUTH",), names_host=True),
    Profile("client", "gridkeel-uplink", "ca", 825, ("digital_signature",), ("CLIENT_AUTH",)),
)
