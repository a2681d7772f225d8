"""Runs on MicroPython: the units of the handshake model, on the firmware's own code.

What a unit needs is imported by it: not all of it fits into the heap of whoever counts instructions.
Arguments: the folder of the firmware; the folder of samples; "time" to print the us of each unit as JSON, or a unit's
name and a count to do just that, for whoever counts instructions.
"""

import hashlib
import json
import sys

FIRMWARE, SAMPLES, WHAT = sys.argv[1:4]
sys.path.insert(0, FIRMWARE)

ROUNDS = 30
BUFFER = bytearray(4096)


def read(name):
    with open(SAMPLES + "/" + name, "rb") as file:
        return file.read()


def multiplying():
    """Half a multiple of a point, 128 bits of scalar, with nothing done to be quick."""
    from gridkeel.crypto import p256, x509

    x2, y2 = p256.decode(x509.parse(read("issuer")).public_key)
    scalar = int.from_bytes(hashlib.sha256(b"plain").digest()[:16], "big")

    def work():
        x, y, z = x2, y2, 1
        for bit in bin(scalar)[3:]:
            x, y, z = p256.double(x, y, z)
            if bit == "1":
                x, y, z = p256.add_affine(x, y, z, x2, y2)

    return work


def verifying():
    """Return a function that makes the generator of one verification."""
    from gridkeel.crypto import ecdsa, x509

    certificate, key = x509.parse(read("certificate")), x509.parse(read("issuer")).public_key
    digest = hashlib.sha256(certificate.tbs).digest()
    return lambda: ecdsa.verify(key, digest, certificate.signature)


def parsing():
    from gridkeel.crypto import x509

    data = read("certificate")
    return lambda: x509.parse(data)


def digesting():
    data = bytes(1024)
    return lambda: hashlib.sha256(data).digest()


def decoding(name):
    from gridkeel.v2g import exi, grammars

    data = read(name)
    return lambda: exi.decode(grammars.iso2(), data, 0, len(data))


def encoding(name):
    from gridkeel.v2g import exi, grammars

    data = read(name)
    root, value = exi.decode(grammars.iso2(), data, 0, len(data))
    return lambda: exi.encode(grammars.iso2(), root, value, BUFFER, 0)


class Counting:
    """Bytes that differ from call to call: no session may get the number of the one before."""

    def __init__(self):
        self._calls = 0

    def __call__(self, n):
        self._calls = self._calls % 255 + 1
        return bytes([self._calls] * n)


def exchanging():
    """Two messages through a session's own code: the protocol handshake and SessionSetup."""
    from gridkeel.clock import WallClock
    from gridkeel.controller import Controller
    from gridkeel.params import Parameters
    from gridkeel.v2g import v2gtp
    from gridkeel.v2g.credentials import Credentials
    from gridkeel.v2g.secc import Secc

    parameters = Parameters({"evse": 2})
    secc = Secc(Controller(parameters).charger, Credentials(), parameters, WallClock(), Counting())
    out = bytearray(v2gtp.FRAME_MAX_BYTES)
    frames = []
    for name in ("sap", "small"):
        data = read(name)
        head = bytearray(v2gtp.HEADER_BYTES)
        v2gtp.header(head, v2gtp.EXI, len(data))
        frames.append(bytes(head) + data)

    def work():
        secc.connected(False, 0)
        for frame in frames:
            secc.receive(frame, len(frame), 1)
            while secc.work(1):
                pass
            assert secc.data_to_send(out, 1), "no answer"
        secc.disconnected(1)
        while secc.take_event():
            pass

    return work


UNITS = {
    "plain_128": multiplying,
    "parse": parsing,
    "digest_1024": digesting,
    "two_exchanges": exchanging,
    "decode_small": lambda: decoding("small"),
    "decode_fields": lambda: decoding("fields"),
    "decode_bytes": lambda: decoding("bytes"),
    "encode_small": lambda: encoding("small"),
    "encode_fields": lambda: encoding("fields"),
    "encode_bytes": lambda: encoding("bytes"),
}


def ciphering():
    """A record of 1,024 bytes, as AES-CBC and HMAC-SHA256 have it: two more blocks are hashed."""
    from cryptolib import aes

    data = bytes(1024)

    def work():
        aes(bytes(16), 2, bytes(16)).encrypt(data)
        hashlib.sha256(data).digest()
        hashlib.sha256(BUFFER[:128]).digest()

    return work


def time_us(work):
    """Return the us of one call, the best of all rounds."""
    import time

    best = 1 << 30
    for _ in range(ROUNDS):
        start = time.ticks_us()
        work()
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    return best


def slices_us(make):
    """Return the us of a generator, each slice by its best round: a long work is seldom left alone for all of it."""
    import time

    best = []
    for turn in range(ROUNDS):
        work, at, going = make(), 0, True
        while going:
            start = time.ticks_us()
            going = next(work, work) is not work
            took = time.ticks_diff(time.ticks_us(), start)
            if turn == 0:
                best.append(took)
            best[at] = min(best[at], took)
            at += 1
    return sum(best)


def main():
    if WHAT == "time":
        found = {name: time_us(make()) for name, make in UNITS.items() if name != "plain_128"}
        found["verify"] = slices_us(verifying())
        found["cipher_1024"] = time_us(ciphering())
        print(json.dumps(found))
    else:
        work = UNITS[WHAT]()
        for _ in range(int(sys.argv[4])):
            work()


main()
