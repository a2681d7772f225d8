"""Files and folders of a PKI: keys for their owner alone, whole or not there at all."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.issuing import Pair
from certs.keys import pem

PRIVATE = 0o600
PUBLIC = 0o644
FOLDER = 0o700


def write(path: Path, data: bytes, mode: int = PUBLIC) -> None:
    """Write a file whole, in place of the one that was there.  Errors: OSError; the old file is kept then."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_pair(stem: Path, pair: Pair) -> tuple[Path, Path]:
    """Write STEM.pem and STEM.key; return their paths."""
    key = stem.with_name(f"{stem.name}.key")
    write(key, pem(pair.key), PRIVATE)
    return write_certificate(stem, pair.certificate), key


def write_certificate(stem: Path, certificate: x509.Certificate) -> Path:
    """Write STEM.pem; return its path."""
    path = stem.with_name(f"{stem.name}.pem")
    write(path, certificate.public_bytes(Encoding.PEM))
    return path


def certificate_der(pair: Pair) -> bytes:
    """Return a pair's certificate as DER."""
    return pair.certificate.public_bytes(Encoding.DER)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a folder to fill that takes the place of `path`, whole, when the block ends well.

    Errors: OSError; what was at `path` is kept then, as it is where the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tag = secrets.token_hex(4)
    fresh, old = path.with_name(f".{path.name}.{tag}.new"), path.with_name(f".{path.name}.{tag}.old")
    os.mkdir(fresh, FOLDER)
    try:
        yield fresh
        sync_folder(fresh)
        _swap(fresh, path, old)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def _swap(fresh: Path, path: Path, old: Path) -> None:
    if path.exists():
        os.rename(path, old)
    try:
        os.rename(fresh, path)
    except OSError:
        if old.exists():
            os.rename(old, path)
        raise
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
