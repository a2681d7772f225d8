"""Keys and requests made on both MicroPythons, judged by `cryptography` and by openssl."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from crypto_pki import drive
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from wasm_interpreter import run as run_wasm

from gridkeel.crypto import own_key, p256, request
from host_tools.micropython.interpreter import HEAP_BYTES, argv

GUEST = Path(__file__).with_name("own_key_guest.py")
FIRMWARE = Path(__file__).parents[2] / "firmware"
NAMES = ["charger-0001", "DE*ABC*S1:7_x", "Ü" * 20]
CALL = "import own_key_guest\nown_key_guest.main({seeds}, {names})\n"


def on_unix(seeds: list[int], names: list[str], folder: Path) -> str:
    script = folder / "start.py"
    call = CALL.format(seeds=seeds, names=json.dumps(names))
    script.write_text(f"import sys\nsys.path[:] = [{str(GUEST.parent)!r}, {str(FIRMWARE)!r}]\n{call}")
    done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_wasm(seeds: list[int], names: list[str], folder: Path) -> str:
    shutil.copytree(FIRMWARE / "gridkeel", folder / "gridkeel")
    shutil.copy(GUEST, folder)
    said = ""
    for seed, name in zip(seeds, names, strict=True):  # a run of it cannot collect garbage
        call = CALL.format(seeds=[seed], names=json.dumps([name]))
        said += run_wasm(f"import sys\nsys.path[:] = ['/input']\n{call}", folder).output
    return said


def judge(file: bytes, csr: bytes, name: str) -> None:
    key = load_der_private_key(file, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    assert key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()) == file
    assert 0 < key.private_numbers().private_value < p256.N
    asked = x509.load_der_x509_csr(csr)
    assert asked.is_signature_valid
    assert asked.public_key() == key.public_key()
    assert asked.subject.rfc4514_string({x509.NameOID.DOMAIN_COMPONENT: "DC"}) == f"DC=CPO,CN={name}"
    assert asked.public_bytes(Encoding.DER) == csr


@pytest.mark.parametrize("run", [on_unix, on_wasm])
def test_keys_and_requests_of_both_micropythons_are_what_others_take_them_for(run, tmp_path: Path) -> None:
    lines = run([3, 1234567, 99], NAMES, tmp_path).split()
    assert len(lines) == 6
    for at, name in enumerate(NAMES):
        file, csr = bytes.fromhex(lines[2 * at]), bytes.fromhex(lines[2 * at + 1])
        judge(file, csr, name)
        told = subprocess.run(
            ["openssl", "req", "-inform", "DER", "-verify", "-noout", "-subject"],
            input=csr,
            capture_output=True,
            timeout=30,
        )
        assert told.returncode == 0 and b"verify OK" in told.stderr + told.stdout, told


@settings(max_examples=40)
@given(st.integers(1, p256.N - 1), st.randoms())
def test_the_public_key_of_any_private_key_is_that_of_the_library(number: int, random) -> None:
    public = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    ours = drive(own_key.public_key(number.to_bytes(32, "big"), random.randbytes))
    assert ours == public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@settings(max_examples=40)
@given(st.integers(1, p256.N - 1), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=16))
def test_any_name_and_key_make_a_request_that_the_library_takes(number: int, name: str) -> None:
    private = number.to_bytes(32, "big")
    public = drive(own_key.public_key(private, lambda n: bytes(n)))
    asked = x509.load_der_x509_csr(drive(request.build(name, "", private, public, lambda n: bytes(n))))
    assert asked.is_signature_valid
    assert asked.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == name
