"""A PKI on the disk: pki.json says what there is, and NAME/N.pem, N.key, crl-N.der and ocsp-N.der hold it.

A file is never changed once pki.json names it: what is new gets a new number, and replacing pki.json is the one step
that makes a change count. A disk that fills up or a power cut before that step leaves the old state.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from certs import files
from host_tools.errors import MissingError, ToolError

INDEX = "pki.json"
_FORMAT = 1


@dataclass
class Entry:
    """One name.

    holder: PCID of the only vehicle that a contract is for, "" for any.  number: of its present certificate.
    revoked: times by number.  crl, ocsp: numbers of those files, 0 where none is.
    key_elsewhere: it was certified by a request, and its key never was here.
    """

    name: str
    role: str
    issuer: str
    common_name: str
    holder: str = ""
    number: int = 0
    revoked: dict[str, str] = field(default_factory=dict)
    crl: int = 0
    ocsp: int = 0
    key_elsewhere: bool = False

    def path(self, folder: Path, suffix: str, number: int | None = None) -> Path:
        """Return where a certificate (.pem) or key (.key) is, the present one where no number is given."""
        return folder / self.name / f"{self.number if number is None else number}{suffix}"

    def crl_path(self, folder: Path) -> Path:
        """Return where the revocation list that this CA signed is."""
        return folder / self.name / f"crl-{self.crl}.der"

    def ocsp_path(self, folder: Path) -> Path:
        """Return where the OCSP response for this certificate is."""
        return folder / self.name / f"ocsp-{self.ocsp}.der"


@dataclass
class Index:
    """The contents of pki.json."""

    edition: str
    key: str
    organisation: str
    country: str
    ocsp_url: str = ""
    entries: dict[str, Entry] = field(default_factory=dict)

    def text(self) -> str:
        """Return the file's content."""
        data = {"format": _FORMAT, **asdict(self), "entries": [asdict(entry) for entry in self.entries.values()]}
        return json.dumps(data, indent=1) + "\n"


def read(folder: Path) -> Index:
    """Read a PKI's index.  Errors: MissingError where there is none, ToolError where it cannot be read."""
    path = folder / INDEX
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data.pop("format") != _FORMAT:
            raise ToolError(f"{path}: of another version of gridkeel")
        entries = [Entry(**entry) for entry in data.pop("entries")]
        return Index(**data, entries={entry.name: entry for entry in entries})
    except FileNotFoundError:
        raise MissingError(
            f"{folder}: no PKI here ({INDEX} is missing); make one: gridkeel pki init {folder}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ToolError(f"{path}: cannot be read: {error}") from None


def write(folder: Path, index: Index) -> None:
    """Make a change count."""
    files.write(folder / INDEX, index.text().encode())


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other commands from changing the PKI meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
