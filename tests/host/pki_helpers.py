"""Helpers of the PKI's tests: openssl, the peer's interpreter, and both ways to verify a chain."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError

from certs.v2g import Pki
from host_tools import peer
from host_tools.errors import MissingError


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("openssl")
    if program is None:
        _missing("openssl is not installed: apt-get install openssl")
    return subprocess.run([str(program), *map(str, arguments)], capture_output=True, text=True, check=False)


def peer_python(script: Path, folder: Path, *arguments: str | Path, **environment: str) -> str:
    """Run a script under the peer's interpreter, from a folder of its own; return what it printed."""
    try:
        python = peer.python()
    except MissingError as error:
        _missing(str(error))
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [str(python), "-W", "ignore", str(script), *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", "LOG_LEVEL": "CRITICAL", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def peer_process(script: Path, folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a script that talks over stdin and stdout under the peer's interpreter."""
    if shutil.which("java") is None:
        _missing("no java here: the peer's EXI codec needs it")
    try:
        python = peer.python()
    except MissingError as error:
        _missing(str(error))
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [str(python), "-W", "ignore", str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def _missing(reason: str) -> None:
    if os.environ.get("GRIDKEEL_NO_SKIPS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def openssl_accepts(pki: Pki, name: str, folder: Path, *options: str | Path) -> str:
    """Return "" where `openssl verify` accepts the chain of a name, else what it says."""
    chain = pki.chain(name)
    folder.mkdir(exist_ok=True)
    subs = folder / "subs.pem"
    subs.write_bytes(b"".join(_path(pki, each).read_bytes() for each in chain[1:-1]))
    trust = ("-CAfile", _path(pki, chain[-1]), "-no-CApath", "-no-CAstore")
    done = openssl("verify", "-x509_strict", *options, *trust, "-untrusted", subs, _path(pki, name))
    return "" if done.returncode == 0 else done.stderr + done.stdout


def cryptography_accepts(pki: Pki, name: str, at: datetime) -> str:
    """Return "" where `cryptography` accepts the chain of a name, else what it says."""
    chain = [pki.certificate(each) for each in pki.chain(name)]
    builder = PolicyBuilder().store(Store([chain[-1]])).time(at)
    builder = builder.extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(),
        ee_policy=ExtensionPolicy.permit_all(),  # the web's own policy wants a subject alternative name
    )
    verifier = builder.build_client_verifier()
    try:
        verifier.verify(chain[0], chain[1:-1])
    except VerificationError as error:
        return str(error)
    return ""


def _path(pki: Pki, name: str) -> Path:
    return pki.entry(name).path(pki.folder, ".pem")


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
