"""The two keys that a device trusts for updates, and their rotation, which both of them sign.

A set of keys is a number, which only rises, and two public keys; provisioning writes the first one. A rotation is the
next set with a signature of each key of the set before: whoever holds one key alone cannot put another beside it.
"""

import hashlib
import struct

from gridkeel import TYPE_CHECKING
from gridkeel.crypto import ecdsa, p256
from gridkeel.update import refusals
from gridkeel.update.refusals import UpdateError

if TYPE_CHECKING:
    from collections.abc import Generator

    from gridkeel.protocols import Buffer

MAGIC = b"GKK1"
KEYS = 2
KEY_BYTES = 65
SET_LAYOUT = "<4sI"  # magic, number; then the keys, 04 || x || y each
SET_BYTES = 8 + KEYS * KEY_BYTES
ROTATION_BYTES = SET_BYTES + KEYS * ecdsa.SIGNATURE_BYTES


class TrustedKeys:
    """A set of keys.  number: of the set, 1 and up.  keys: 65 bytes each.  Errors: UpdateError where data is no set."""

    def __init__(self, data: "Buffer") -> None:
        if len(data) != SET_BYTES:
            raise UpdateError(refusals.MALFORMED, "a set of keys is %d bytes, not %d" % (SET_BYTES, len(data)))
        magic, self.number = struct.unpack_from(SET_LAYOUT, data)
        if magic != MAGIC or not 0 < self.number < 1 << 30:
            raise UpdateError(refusals.MALFORMED, "magic or number are not those of a set of keys")
        self.data = bytes(data)
        self.keys = [self.data[8 + i * KEY_BYTES : 8 + (i + 1) * KEY_BYTES] for i in range(KEYS)]
        if self.keys[0] == self.keys[1] or None in [p256.decode(key) for key in self.keys]:
            raise UpdateError(refusals.MALFORMED, "a key that is no point of the curve, or one key twice")


def rotated(trusted: TrustedKeys, rotation: "Buffer") -> "Generator[None, None, TrustedKeys]":
    """Generator, yields None between slices; return the set that replaces `trusted`.

    Errors: UpdateError where both keys have not signed it, or it is not the next one.
    """
    if len(rotation) != ROTATION_BYTES:
        raise UpdateError(refusals.MALFORMED, "a rotation is %d bytes, not %d" % (ROTATION_BYTES, len(rotation)))
    data = bytes(rotation[:SET_BYTES])
    digest = hashlib.sha256(data).digest()
    for i in range(KEYS):
        at = SET_BYTES + i * ecdsa.SIGNATURE_BYTES
        sound = yield from ecdsa.verify(trusted.keys[i], digest, bytes(rotation[at : at + ecdsa.SIGNATURE_BYTES]))
        if not sound:
            raise UpdateError(refusals.BAD_SIGNATURE, "key %d has not signed the rotation" % i)
    fresh = TrustedKeys(data)
    if fresh.number <= trusted.number:
        raise UpdateError(refusals.OLDER_KEYS, "set %d of keys does not follow set %d" % (fresh.number, trusted.number))
    return fresh
