"""What signatures and certificate paths cost on MicroPython, slice by slice, and against `cryptography` here.

Run it by hand: python tests/bench/bench_crypto.py
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from gridkeel.crypto import x509
from host_tools.handshake.calibrate import best_us
from host_tools.micropython.interpreter import HEAP_BYTES, argv

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "host"), str(HERE.parent)]

import wasm_interpreter  # noqa: E402
from crypto_pki import EMAID, NOW_S, issue, revoke, world  # noqa: E402

FIRMWARE = HERE.parents[1] / "firmware"
ROUNDS = 40
LIST_ENTRIES = 200
MOST_SLICE_MS = 5.0
AMPLE_HEAP_BYTES = 16 * 1024 * 1024
WASM_HEAD = """import gc, sys
gc.disable()
sys.path[:] = ["/input"]
from gridkeel.crypto import ecdsa
def drive(work):
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value
"""
WHAT = {
    "plain": "k * Q, double-and-add",
    "sign": "sign",
    "verify": "verify",
    "parse": "parse a certificate",
    "list": f"parse a list of {LIST_ENTRIES}",
    "chain": "leaf and two sub-CAs",
    "chain_list": "the same, one list",
    "chain_known": "the same, sub-CAs and list known",
    "chain_again": "the same, all of it known",
}


class Row(NamedTuple):
    """One work on MicroPython.

    total_us, slice_us: all slices and the longest, each by its best round, which leaves out what else the machine did.
    worst_us: the longest of all rounds.  allocated: bytes in all.  alive: most bytes in use after a slice.
    """

    total_us: int
    slice_us: int
    worst_us: int
    slices: int
    allocated: int
    alive: int


def files() -> dict[str, bytes]:
    made = world()
    others = [issue(EMAID, made.sub_2) for _ in range(LIST_ENTRIES)]
    return {
        "key": made.leaf.key.private_numbers().private_value.to_bytes(32, "big"),
        "leaf": made.leaf.der,
        "sub_2": made.sub_2.der,
        "sub_1": made.sub_1.der,
        "root": made.root.der,
        "list": revoke(made.sub_2, *others, ends=timedelta(days=6)),
    }


def guest(folder: Path, rounds: int, heap_bytes: int) -> dict[str, list[int]]:
    arguments = (str(FIRMWARE), str(folder), str(NOW_S), str(rounds))
    command = argv(HERE / "crypto_guest.py", arguments, heap_bytes=heap_bytes)
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return {line.split()[0]: [int(word) for word in line.split()[1:]] for line in done.stdout.splitlines()}


def on_micropython(made: dict[str, bytes]) -> dict[str, Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for name, data in made.items():
            (folder / name).write_bytes(data)
        times = guest(folder, ROUNDS, HEAP_BYTES)
        memory = guest(folder, 0, AMPLE_HEAP_BYTES)
    return {name: Row(*times[name], *memory[name]) for name in times}


def of_the_library() -> dict[str, float]:
    """Return the us of one signature and one verification by `cryptography`, which is compiled."""
    key = ec.generate_private_key(ec.SECP256R1())
    signature = key.sign(b"bench", ec.ECDSA(hashes.SHA256()))
    deterministic = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    public = key.public_key()
    return {
        "sign": best_us(lambda: key.sign(b"bench", deterministic)),
        "verify": best_us(lambda: public.verify(signature, b"bench", ec.ECDSA(hashes.SHA256()))),
    }


def instructions(made: dict[str, bytes]) -> dict[str, int]:
    """Return the WebAssembly instructions that the 32-bit interpreter executes for one of each."""
    digest = hashlib.sha256(b"bench").digest()
    root = x509.parse(made["root"])
    sub_1 = x509.parse(made["sub_1"])
    signed = hashlib.sha256(sub_1.tbs).digest()
    works = {
        "nothing": "pass",
        "sign": f"drive(ecdsa.sign({made['key']!r}, {digest!r}, lambda n: bytes(n)))",
        "verify": f"assert drive(ecdsa.verify({root.public_key!r}, {signed!r}, {sub_1.signature!r}))",
    }
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(FIRMWARE / "gridkeel", Path(name) / "gridkeel", ignore=shutil.ignore_patterns("__pycache__"))
        spent = {}
        for what, code in works.items():
            spent[what] = wasm_interpreter.run(WASM_HEAD + code, Path(name)).instructions
    return {what: spent[what] - spent["nothing"] for what in ("sign", "verify")}


def main() -> int:
    made = files()
    rows = on_micropython(made)
    library = of_the_library()
    print(
        f"MicroPython, 64 bit, heap {HEAP_BYTES // 1024} kB; each slice by the best of {ROUNDS} rounds, worst: by none"
    )
    print(f"{'':33} {'ms':>7} {'slices':>6} {'slice ms':>8} {'worst':>6} {'allocates':>10} {'alive':>7}  against")
    plain = rows["plain"].total_us
    for name, row in rows.items():
        against = f"{row.total_us / plain:5.2f} x plain"
        if name in library:
            against += f", {row.total_us / library[name]:.0f} x cryptography ({library[name]:.0f} us)"
        print(
            f"{WHAT[name]:33} {row.total_us / 1000:7.2f} {row.slices:6} {row.slice_us / 1000:8.2f}"
            f" {row.worst_us / 1000:6.2f} {row.allocated:10,} {row.alive:7,}  {against}"
        )
    sliced = [row for name, row in rows.items() if name != "plain"]
    longest_ms = max(row.slice_us for row in sliced) / 1000
    print(f"longest slice: {longest_ms:.2f} ms, at most {MOST_SLICE_MS} ms")
    for what, count in instructions(made).items():
        print(f"{what}: {count / 1e6:.0f} million instructions of WebAssembly on the 32-bit interpreter")
    return 1 if longest_ms > MOST_SLICE_MS else 0


if __name__ == "__main__":
    raise SystemExit(main())
