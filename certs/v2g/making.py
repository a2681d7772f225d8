"""Making of a whole PKI at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from certs import files
from certs.v2g import store
from certs.v2g.pki import Pki
from certs.v2g.profiles import EDITIONS
from host_tools.errors import ToolError

Progress = Callable[[str, int, int], None]


def make(
    folder: Path,
    *,
    emaid: str = "",
    pcid: str = "",
    secc_id: str = "",
    organisation: str = "Gridkeel",
    country: str = "DE",
    edition: str = "2",
    key: str = "",
    ocsp_url: str = "",
    force: bool = False,
    now: datetime | None = None,
    progress: Progress = lambda name, done, count: None,
) -> Pki:
    """Make every certificate of an edition in a new folder, mode 0700; return the PKI.

    key: a kind of key the edition allows.  force: replace a PKI that is there.
    progress: called with the name that is made next, how many are made and of how many.
    Errors: ToolError, OSError from the disk; what was at `folder` is kept then.
    """
    kind = _kind(edition, key)
    _check_free(folder, force)
    identities = {"emaid": emaid, "pcid": pcid, "secc_id": secc_id, "": ""}
    if len(country) != 2 or not (country.isascii() and country.isalpha()):
        raise ToolError(f"country {country}: give two letters")
    if not 1 <= len(organisation) <= 64:
        raise ToolError("organisation: give 1 to 64 characters, X.509's bound")
    index = store.Index(edition, kind, organisation, country.upper(), ocsp_url)
    with files.new_folder(folder) as fresh:
        store.write(fresh, index)
        pki = Pki(fresh)
        rows = pki.edition.profiles
        with pki.change():
            for done, row in enumerate(rows):
                progress(row.name, done, len(rows))
                pki.add(row.name, "", "", identities[row.identity], now or datetime.now(UTC))
    return Pki(folder)


def _kind(edition: str, key: str) -> str:
    if edition not in EDITIONS:
        raise ToolError(f"edition {edition}: take one of {', '.join(EDITIONS)}")
    kinds = EDITIONS[edition].keys
    if key and key not in kinds:
        raise ToolError(f"ISO 15118-{edition} has no keys of kind {key}; it has {', '.join(kinds)}")
    return key or kinds[0]


def _check_free(folder: Path, force: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not os.listdir(folder)):
        return
    if not (folder / store.INDEX).exists():
        raise ToolError(f"{folder}: something that is no PKI is there; name another folder")
    if not force:
        raise ToolError(f"{folder}: a PKI is there; --force replaces it, keys and all")
