"""Digests, signatures and their damage, as the ECDSA tests try them."""

from hashlib import sha256

from der_maker import drive

from gridkeel.crypto import ecdsa


def digest_of(text):
    return sha256(text).digest()


def sevens(n):
    return b"\x07" * n


def verified(public_key, digest, signature):
    return drive(ecdsa.verify(public_key, digest, signature))


def changed(data, at):
    return data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
