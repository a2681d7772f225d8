"""The mutants of viper's limbs, which MicroPython alone runs."""

from __future__ import annotations

from mutant import Table

LIMBS: Table = (
    (
        "crypto/kernels.py",
        ("test_crypto_kernels",),
        (
            ("    for k in range(10):\n        t[k] = 0", "    for k in range(1, 10):\n        t[k] = 0"),
            (
                "            t[j] = int(s)\n            carry = s >> 32",
                "            t[j] = int(s)\n            carry = s >> 31",
            ),
            ("        t[8] = int(t[9]) + int(s >> 32)", "        t[8] = int(t[9])"),
            ("        x = ((uint(t[0]) & mask) * n0) & mask", "        x = (uint(t[0]) & mask) & mask"),
            ("x * (uint(t[40]) & mask)) >> 32", "x * (uint(t[41]) & mask)) >> 32"),
            ("        t[17] = int(s >> 16)", "        t[17] = 0"),
            ("        t[16] = int(t[17]) + int(s >> 16)", "        t[16] = int(t[17])"),
            ("        x = uint(t[0]) * n0 & mask", "        x = uint(t[0]) & mask"),
            ("        carry = uint(t[0]) + x * uint(t[80]) >> 16", "        carry = x * uint(t[80]) >> 16"),
            ("        h[i + 16] = int(carry)", "        h[i + 16] = 0"),
            ("        b -= 16\n", "        b -= 15\n"),
            ("        w[k] = int(h[k]) + 0xFFFF", "        w[k] = int(h[k])"),
            ("    w[14] = int(h[14]) + 0x10000", "    w[14] = int(h[14]) + 0xFFFF"),
            ("        w[i + 6] = int(w[i + 6]) + v", "        w[i + 6] = int(w[i + 6])"),
            ("        w[i + 14] = int(w[i + 14]) - v", "        w[i + 14] = int(w[i + 14]) + v"),
            ("        w[i + 1] = int(w[i + 1]) + (v >> 16)", "        w[i + 1] = int(w[i + 1])"),
            ("    h[16] = int(w[32]) + v - 1", "    h[16] = int(w[32]) + v"),
            (
                "        t[o + k] = s\n        borrow = s >> 16 & 1\n    below",
                "        t[o + k] = s\n        borrow = 0\n    below",
            ),
            ("    below = 0 - (borrow & (int(t[16]) ^ 1))", "    below = 0 - borrow"),
            ("    below = 0 - (borrow & (int(t[16]) ^ 1))", "    below = 0 - (int(t[16]) ^ 1)"),
            ("    t[16] = carry\n", "    t[16] = 0\n"),
            ("        s = int(t[a + k]) + int(t[b + k]) + carry", "        s = int(t[a + k]) + int(t[b + k])"),
            (
                "        s = int(t[a + k]) - int(t[b + k]) - borrow",
                "        s = int(t[b + k]) - int(t[a + k]) - borrow",
            ),
            ("    negative = 0 - borrow\n", "    negative = 0\n"),
            ("        carry = s >> 16 & 1\n\n\n", "        carry = 0\n\n\n"),
            ("    for k in range(32):\n        area[o - k]", "    for k in range(31):\n        area[o - k]"),
            ("data[at + k]", "data[k]"),
            ("    for k in range(16):\n        found |=", "    for k in range(15):\n        found |="),
            ("        found |= int(area[a + k])", "        found = int(area[a + k])"),
        ),
    ),
    (
        "crypto/limbs.py",
        ("test_crypto_kernels", "test_crypto_multiples", "test_crypto_ecdsa"),
        (
            ("p256.N: 0xEE00BC4F", "p256.N: 0xEE00BC4E"),
            ("_N0[modulus] if wide else _N0[modulus] & 0xFFFF", "_N0[modulus] & 0xFFFF"),
            ("(1 << 512) % modulus", "(1 << 511) % modulus"),
            ("self.put(_PLAIN, 1)", "self.put(_PLAIN, 2)"),
            (
                "multiply(area, _FREE + digit, _FREE + digit - 1, _FREE + 1, n0)",
                "multiply(area, _FREE + digit, _FREE + digit - 1, _FREE + digit - 1, n0)",
            ),
            (
                "        for _ in range(4):\n            multiply(area, result",
                "        for _ in range(3):\n            multiply(area, result",
            ),
            ("            kernels.subtract(area, _QY, _ZERO, y)\n            y = _QY", "            y = slot + 1"),
            ("        if not positive:\n", "        if positive:\n"),
            ("        kernels.subtract(self._area, _Z, _Z, _Z)", "        pass"),
            (
                "            if kernels.is_zero(area, _R):\n                self.double()",
                "            if True:\n                self.double()",
            ),
            ("                less(area, _Z, _Z, _Z)\n", "                pass\n"),
            ("        if kernels.is_zero(area, _H):", "        if False:"),
            (
                "        multiply_p(area, slot + 4, slot + 3, _Z, n0)",
                "        multiply_p(area, slot + 4, slot + 3, slot + 3, n0)",
            ),
            ("        times(area, _Z, _Z, _H, n0)", "        pass"),
            ("        less(area, _T, _X, _ZZ)\n", "        plus(area, _T, _X, _ZZ)\n"),
            ("        plus(area, _A, _A, _T)\n", "        pass\n"),
            ("            self._become(_QX, _QY, _ONE)\n            return\n", "            pass\n"),
            ("            self._become(slot, y, slot + 2)\n            return\n", "            pass\n"),
            ("        multiply_p(area, _Z, _Z, slot + 2, n0)\n", "        pass\n"),
            (
                "        self._add_kept(_TABLE + _ENTRY * index, negative)",
                "        self._add_kept(_TABLE + _ENTRY * index, False)",
            ),
            ("        kernels.load(area, _QY, TABLE, at + 32)", "        kernels.load(area, _QY, TABLE, at)"),
            ("        multiply_p(area, _ZZ, _ZZ, _Z, n0)\n", "        pass\n"),
            ("        slots.put(_FREE + 1, value % modulus)", "        slots.put(_FREE + 1, value & 0xFFFF)"),
        ),
    ),
)
