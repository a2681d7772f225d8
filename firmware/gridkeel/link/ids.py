"""Names of results and modes, and the rule for device ids."""

import binascii

RESULTS = ("ok", "unknown", "out_of_range", "refused", "expired")
MODES = ("safe", "auto")

DEVICE_ID_MAX = 24
_KEPT = DEVICE_ID_MAX - 9  # a hyphen and the eight digits of a CRC-32


def device_id(given: bytes) -> bytes:
    """Return a valid device id (bytes): the given one if it has 1..24 letters, digits, ".", "_" or "-".

    An invalid one is replaced by its first valid characters and the CRC-32 of the whole: the same at every start.
    """
    kept = bytes([b for b in given if 48 <= b < 58 or 97 <= b | 32 < 123 or b in b"._-"])
    if kept == given and 0 < len(given) <= DEVICE_ID_MAX:
        return kept
    return kept[:_KEPT] + b"-%08x" % binascii.crc32(given)
