"""The kernels in plain Python: the oracle of kernels.py, and what runs where there is no viper.

The CRC register is two halves of 16 bits here, so that no step makes an int of 2**30 or more.
"""

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer, WritableBuffer


def crc32_store(src: "Buffer", start: int, n: int, table: "Buffer", out: "WritableBuffer", at: int) -> None:
    """Write the CRC-32 of src[start:start + n], little-endian, to out[at:at + 4].

    table: 64 bytes, the 16 entries of the nibble table, 4 bytes each, little-endian.  Allocates: nothing.
    """
    low = 0xFFFF
    high = 0xFFFF
    for i in range(start, start + n):
        low ^= src[i]
        for _nibble in range(2):
            entry = (low & 15) << 2
            low = low >> 4 | (high & 15) << 12
            high >>= 4
            low ^= table[entry] | table[entry + 1] << 8
            high ^= table[entry + 2] | table[entry + 3] << 8
    out[at] = low & 255 ^ 255
    out[at + 1] = low >> 8 ^ 255
    out[at + 2] = high & 255 ^ 255
    out[at + 3] = high >> 8 ^ 255


def cobs_encode(src: "Buffer", start: int, n: int, out: "WritableBuffer", at: int) -> int:
    """Write src[start:start + n] (n <= 253) as COBS with its closing zero from out[at]; return the position after it.

    Writes n + 2 bytes.  Allocates: nothing.
    """
    code_at = at
    at += 1
    code = 1
    for i in range(start, start + n):
        value = src[i]
        if value:
            out[at] = value
            code += 1
        else:
            out[code_at] = code
            code_at = at
            code = 1
        at += 1
    out[code_at] = code
    out[at] = 0
    return at + 1


def cobs_decode(buf: "WritableBuffer", n: int) -> int:
    """Decode buf[:n], n <= 254 bytes and none of them zero, in place; return the length, -1 where it is not COBS.

    A block of 254 bytes without a zero cannot occur: no frame here is that long.  Allocates: nothing.
    """
    start = 0
    at = 0
    while start < n:
        end = start + buf[start]
        if end > n:
            return -1
        start += 1
        while start < end:
            buf[at] = buf[start]
            at += 1
            start += 1
        if start < n:
            buf[at] = 0
            at += 1
    return at


def copy(src: "Buffer", start: int, n: int, out: "WritableBuffer", at: int) -> None:
    """Write src[start:start + n] to out from at.  Allocates: nothing."""
    for i in range(n):
        out[at + i] = src[start + i]


def copy_to_zero(src: "Buffer", start: int, end: int, out: "WritableBuffer", at: int, room: int) -> int:
    """Write src[start:end] to out from at, up to the first zero and to out[room] at most; return where the zero is.

    Without a zero that is end.  Allocates: nothing.
    """
    while start < end:
        value = src[start]
        if value == 0:
            return start
        if at < room:
            out[at] = value
            at += 1
        start += 1
    return start
