"""Sums of points as steps of four bytes, which a kernel's `run` executes: operation, output, two inputs, all slots.

A formula ends with END. Slots from ENTRY on count from the place that `run` is given. They are those of p256.py.
"""

TIMES = 0
PLUS = 1
END = 2
LESS = 3

# 0 to 5 are the kernels' own.
SQUARE = 6  # the square of Montgomery's factor, which takes a number into his form
PLAIN = 7  # 1, which takes it out
ONE = 8
X, Y, Z, ZZ, YY, A, B, T, ZERO, QX, QY, U, S, H, R = range(9, 24)
FREE = 24

ENTRY = 64
EX, EY, EZ, EZ2, EZ3 = range(ENTRY, ENTRY + 5)  # a point that is kept: x, y, z, z^2, z^3

INTO_FORM = bytes((TIMES, ENTRY, ENTRY, SQUARE, END))
OUT_OF_FORM = bytes((TIMES, ENTRY, ENTRY, PLAIN, END))

# fmt: off
DOUBLE = bytes((
    TIMES, ZZ, Z, Z,
    TIMES, YY, Y, Y,
    TIMES, B, X, YY,
    LESS, T, X, ZZ,
    PLUS, A, X, ZZ,
    TIMES, T, T, A,
    PLUS, A, T, T,
    PLUS, A, A, T,
    TIMES, Z, Y, Z,
    PLUS, Z, Z, Z,
    PLUS, B, B, B,
    PLUS, B, B, B,
    TIMES, X, A, A,
    LESS, X, X, B,
    LESS, X, X, B,
    LESS, T, B, X,
    TIMES, T, A, T,
    PLUS, YY, YY, YY,
    TIMES, YY, YY, YY,
    PLUS, YY, YY, YY,
    LESS, Y, T, YY,
    END,
))

# The sum of (X, Y) and (U, S), both over the denominator Z, in two parts: what H and R are decides on the second.
ADD = bytes((
    TIMES, A, H, H,
    TIMES, B, H, A,
    TIMES, A, X, A,
    TIMES, Y, Y, B,
    TIMES, X, R, R,
    LESS, X, X, B,
    PLUS, T, A, A,
    LESS, X, X, T,
    LESS, T, A, X,
    TIMES, T, R, T,
    LESS, Y, T, Y,
    TIMES, Z, Z, H,
    END,
))

# (QX, QY), affine, is brought to the denominator Z.
WITH_BASE = bytes((
    TIMES, ZZ, Z, Z,
    TIMES, U, QX, ZZ,
    TIMES, S, QY, ZZ,
    TIMES, S, S, Z,
    LESS, H, U, X,
    LESS, R, S, Y,
    END,
))

# The sum so far, and the entry with QY in place of its y, are brought to one denominator.
WITH_ENTRY = bytes((
    TIMES, ZZ, Z, Z,
    TIMES, X, X, EZ2,
    TIMES, Y, Y, EZ3,
    TIMES, U, EX, ZZ,
    TIMES, S, QY, ZZ,
    TIMES, S, S, Z,
    TIMES, Z, Z, EZ,
    LESS, H, U, X,
    LESS, R, S, Y,
    END,
))

LOAD_BASE = bytes((
    TIMES, QX, QX, SQUARE,
    TIMES, QY, QY, SQUARE,
    END,
))
LOAD_ENTRY = bytes((
    PLUS, QX, EX, ZERO,
    PLUS, QY, EY, ZERO,
    END,
))
OPPOSITE = bytes((LESS, QY, ZERO, QY, END))
KEEP = bytes((
    PLUS, EX, X, ZERO,
    PLUS, EY, Y, ZERO,
    PLUS, EZ, Z, ZERO,
    TIMES, EZ2, Z, Z,
    TIMES, EZ3, EZ2, Z,
    END,
))
BECOME_ENTRY = bytes((
    PLUS, X, EX, ZERO,
    PLUS, Y, QY, ZERO,
    PLUS, Z, EZ, ZERO,
    END,
))
BECOME_BASE = bytes((
    PLUS, X, QX, ZERO,
    PLUS, Y, QY, ZERO,
    PLUS, Z, ONE, ZERO,
    END,
))
BECOME_ZERO = bytes((LESS, Z, Z, Z, END))
# (QX, QY), affine, becomes the sum, with another denominator, which stands in Z.
BLIND = bytes((
    TIMES, Z, Z, SQUARE,
    TIMES, ZZ, Z, Z,
    TIMES, X, QX, ZZ,
    TIMES, ZZ, ZZ, Z,
    TIMES, Y, QY, ZZ,
    END,
))
# fmt: on
