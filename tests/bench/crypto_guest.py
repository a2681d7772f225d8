"""Runs on MicroPython for bench_crypto.py: each work driven slice by slice, then once more for its memory.

Arguments: the folder of the firmware, a folder of DER files, the time of day, rounds; no rounds
for the memory, which wants a heap that one slice's garbage does not fill.
"""

import gc
import sys
import time
from hashlib import sha256

sys.path[:] = [sys.argv[1]]

from gridkeel.crypto import chain, crl, ecdsa, p256, profiles, trust, x509  # noqa: E402

UNIX_S = int(sys.argv[3])
ROUNDS = int(sys.argv[4])


def read(name):
    with open(sys.argv[2] + "/" + name, "rb") as file:
        return file.read()


def sevens(n):
    return b"\x07" * n


def double_and_add(scalar, x2, y2):
    """Generator; the multiple of a point with nothing done to be quick."""
    x, y, z = x2, y2, 1
    for at, bit in enumerate(bin(scalar)[3:]):
        if at % 32 == 0:
            yield
        x, y, z = p256.double(x, y, z)
        if bit == "1":
            x, y, z = p256.add_affine(x, y, z, x2, y2)
    return x, y, z


def parse(data):
    yield
    return x509.parse(data)


def validate(certificates, roots, lists, known=None):
    code = yield from chain.validate(certificates, roots, UNIX_S, lists, profiles.CONTRACT, known)
    return code == chain.OK


class AllButLeaves:
    """What the first EV of a known provider costs."""

    def __init__(self, known):
        self._known = known

    def signed_by(self, signed, public_key):
        if isinstance(signed, x509.Certificate) and not signed.is_ca:
            return (yield from signed.signed_by(public_key))
        return (yield from self._known.signed_by(signed, public_key))


def works():
    """Return (name, function that makes the generator) of each."""
    digest = sha256(b"bench").digest()
    key = read("key")
    certificates = [read(name) for name in ("leaf", "sub_2", "sub_1")]
    root = x509.parse(read("root"))
    sub_1 = x509.parse(certificates[2])
    point = p256.decode(root.public_key)
    scalar = int.from_bytes(digest, "big")
    long_list = read("list")
    lists = [drive(crl.parse(long_list))]
    known = trust.Known()
    drive(validate(certificates, [root], lists, known))
    return (
        ("plain", lambda: double_and_add(scalar, *point)),
        ("sign", lambda: ecdsa.sign(key, digest, sevens)),
        ("verify", lambda: sub_1.signed_by(root.public_key)),
        ("parse", lambda: parse(certificates[0])),
        ("list", lambda: crl.parse(long_list)),
        ("chain", lambda: validate(certificates, [root], ())),
        ("chain_list", lambda: validate(certificates, [root], lists)),
        ("chain_known", lambda: validate(certificates, [root], lists, AllButLeaves(known))),
        ("chain_again", lambda: validate(certificates, [root], lists, known)),
    )


def drive(work):
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


def timed(make):
    """Return the us of each slice."""
    ticks, apart = time.ticks_us, time.ticks_diff
    work = make()
    took = []
    value = None
    while value is None:
        start = ticks()
        try:
            next(work)
        except StopIteration as stop:
            value = stop.value
        took.append(apart(ticks(), start))
    assert value is not False, "refused"
    return took


def memory(make):
    """Return (bytes allocated in all, most bytes in use between two slices)."""
    work = make()
    gc.collect()
    before = last = gc.mem_alloc()
    allocated = most = 0
    value = None
    while value is None:
        gc.disable()
        try:
            next(work)
        except StopIteration as stop:
            value = stop.value
        allocated += gc.mem_alloc() - last
        gc.collect()
        last = gc.mem_alloc()
        most = max(most, last - before)
    gc.enable()
    return allocated, most


def main():
    for name, make in works():
        if ROUNDS == 0:
            print(name, *memory(make))
            continue
        rows = [timed(make) for _ in range(ROUNDS)]
        best = [min(row[at] for row in rows) for at in range(len(rows[0]))]
        print(name, sum(best), max(best), max(max(row) for row in rows), len(best))


main()
