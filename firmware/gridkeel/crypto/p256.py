"""The curve P-256 (secp256r1) on Python integers: points and their sums.

Points are Jacobian (x, y, z), the affine one being (x / z^2, y / z^3); z = 0 is the point at infinity. Coordinates are
reduced, 0..P-1.  Source: SEC 1, SEC 2 and FIPS 186-4 for the curve; Hankerson, Menezes, Vanstone for the formulas.
"""

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from gridkeel.protocols import Buffer

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
INFINITY = (1, 1, 0)


def on_curve(x: int, y: int) -> bool:
    """Say whether y^2 = x^3 - 3x + b; both must be in 0..P-1."""
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x - 3) * x - B) % P == 0


def decode(data: "Buffer") -> "tuple[int, int] | None":
    """Return (x, y) of an uncompressed point, 04 || x || y in 65 bytes; None where it is none of this curve."""
    if len(data) != 65 or data[0] != 4:
        return None
    x = int.from_bytes(data[1:33], "big")
    y = int.from_bytes(data[33:65], "big")
    return (x, y) if on_curve(x, y) else None


def double(x: int, y: int, z: int) -> "tuple[int, int, int]":
    """Return twice a point."""
    p = P
    zz = z * z % p
    yy = y * y % p
    beta = x * yy % p
    alpha = 3 * (x - zz) * (x + zz) % p
    x3 = (alpha * alpha - 8 * beta) % p
    return x3, (alpha * (4 * beta - x3) - 8 * yy * yy) % p, 2 * y * z % p


def add_affine(x: int, y: int, z: int, x2: int, y2: int) -> "tuple[int, int, int]":
    """Return a point plus an affine one, whatever the two are."""
    if z == 0:
        return x2, y2, 1
    p = P
    zz = z * z % p
    return _sum(x, y, x2 * zz % p, y2 * zz % p * z % p, z)


def add_cached(x: int, y: int, z: int, cached: "tuple[int, ...]") -> "tuple[int, int, int]":
    """Return a point plus one that `cache` prepared, whatever the two are."""
    x2, y2, z2, zz2, zzz2 = cached
    if z == 0:
        return x2, y2, z2
    p = P
    zz = z * z % p
    return _sum(x * zz2 % p, y * zzz2 % p, x2 * zz % p, y2 * zz % p * z % p, z * z2 % p)


def _sum(u1, s1, u2, s2, z):
    # Both points over the one denominator z; equal and opposite ones are told apart here.
    h = u2 - u1
    r = s2 - s1
    if h == 0:
        return double(u1, s1, z) if r == 0 else INFINITY
    p = P
    hh = h * h % p
    hhh = h * hh % p
    v = u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, z * h % p


def cache(x: int, y: int, z: int) -> "tuple[int, ...]":
    """Return a point with the powers of z that an addition needs."""
    zz = z * z % P
    return x, y, z, zz, zz * z % P


def negative(cached: "tuple[int, ...]") -> "tuple[int, ...]":
    """Return what `cache` made of a point, for its opposite."""
    x, y, z, zz, zzz = cached
    return x, P - y, z, zz, zzz
