"""Issuing a set of certificates from profiles into one folder, one PEM pair each: MQTT with TLS."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from certs import files
from certs.issuing import Pair, Subject, make
from certs.profiles import MQTT, MQTT_CLIENT, Profile

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Issued:
    """One certificate and its key, on disk."""

    certificate: Path
    key: Path


def issue(
    folder: Path,
    profiles: tuple[Profile, ...] = MQTT,
    *,
    hosts: tuple[str, ...] = LOOPBACK_HOSTS,
    clients: tuple[str, ...] = (),
    now: datetime | None = None,
) -> dict[str, Issued]:
    """Make every profile's certificate and key in `folder`, NAME.pem and NAME.key; return them by name.

    clients: names of further clients, each with a pair of its own and the name as its common name.

    profiles: each after its issuer.  hosts: names and addresses for the profiles that carry them.
    Key files can be read by their owner alone; files that are there are replaced.
    Errors: ValueError for a profile whose issuer does not come before it or is no CA, OSError from the disk.
    """
    for name in clients:
        if not _NAME.fullmatch(name) or name in {profile.name for profile in profiles}:
            raise ValueError(f"client {name!r}: give letters, digits, '.', '_' and '-', and no name that is taken")
    profiles += tuple(replace(MQTT_CLIENT, name=name, common_name=name) for name in clients)
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Pair] = {}
    issued = {}
    for profile in profiles:
        if profile.issuer != profile.name and profile.issuer not in made:
            raise ValueError(f"profile {profile.name}: its issuer {profile.issuer} does not come before it")
        subject = Subject(profile.common_name, "Gridkeel", hosts=hosts)
        made[profile.name] = make(profile, subject, made.get(profile.issuer), now or datetime.now(UTC))
        issued[profile.name] = Issued(*files.write_pair(folder / profile.name, made[profile.name]))
    return issued
