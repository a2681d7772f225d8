"""The mutants of gridkeel.crypto: (file, tests, pairs of what stands there and what is planted)."""

from __future__ import annotations

from mutant import Table

CERTIFICATE_TESTS = ("test_crypto_x509", "test_crypto_der")
SIGNATURE_TESTS = ("test_crypto_signature", "test_crypto_ecdsa")
CURVE_TESTS = ("test_crypto_p256", "test_crypto_multiples")
PATH_TESTS = ("test_crypto_path",)

CRYPTO: Table = (
    (
        "crypto/der.py",
        CERTIFICATE_TESTS,
        (
            ("if at >= end or data[at] != tag:", "if data[at] != tag:"),
            ("if start > end:\n", "if start > end + 1:\n"),
            ("if count not in (1, 2) or", "if count not in (1, 2, 3) or"),
            ("if length < 0x80 or", "if length < 0x7F or"),
            ("(count == 2 and length < 0x100)", "(count == 2 and length < 0xFF)"),
            ("if start + length > end:", "if start + length > end + 1:"),
            ("    if at != end:", "    if at > end:"),
            ("if start == stop or data[start] & 0x80:", "if start == stop:"),
            ("        if not data[start] & 0x80:\n", "        if data[start] & 0x80:\n"),
            ("if stop - start != 1 or data[start] != 0xFF:", "if stop - start != 1 or data[start] == 0:"),
            ("or data[start] != 0:", "or data[start] > 7:"),
            ("or data[stop - 1] & 0x80:", "or data[start] & 0x80:"),
        ),
    ),
    (
        "crypto/extensions.py",
        CERTIFICATE_TESTS + ("test_crypto_crl",),
        (
            ("if kind in found:", "if kind in readers and kind in found:"),
            ("    elif critical:\n", "    elif critical and False:\n"),
            ("last & -last != 1 << unused", "last & -last < 1 << unused"),
            ("(count == 3 and last != 0x80)", "(count == 4 and last != 0x80)"),
            ("0x80 >> (bit & 7)", "1 << (bit & 7)"),
            ("_first, at = der.element(data, at, after, 0x82)", "pass"),
            ("        return False, None\n", "        return True, None\n"),
        ),
    ),
    (
        "crypto/x509.py",
        CERTIFICATE_TESTS,
        (
            ("if stop - at - 2 > _SERIAL_BYTES:", "if stop - start > _SERIAL_BYTES:"),
            ("MOST_BYTES = 800", "MOST_BYTES = 801"),
            ("if p256.decode(key) is None:", "if len(key) != 65:"),
            ("    if data[start:after] != _KEY_ALGORITHM:", "    if data[start] != _KEY_ALGORITHM[0]:"),
            (
                "        at = algorithm(data, at, end)\n",
                "        _tag, at = der.element(data, at, end, der.SEQUENCE)\n",
            ),
        ),
    ),
    (
        "crypto/signed.py",
        CERTIFICATE_TESTS,
        (
            (
                "        at = algorithm(data, self._last, stop)\n",
                "        _tag, at = der.element(data, self._last, stop, 48)\n",
            ),
            ("[self._body : self._last]", "[self._first : self._last]"),
        ),
    ),
    (
        "crypto/names.py",
        ("test_crypto_names_times",),
        (
            ('"" if kind in found else', ""),
            ("if inner == start:", "if inner > start:"),
            ("    if start == stop:\n", "    if start > stop:\n"),
            ("octet > 0x7E for", "octet > 0x7E0 for"),
        ),
    ),
    (
        "crypto/times.py",
        ("test_crypto_names_times",),
        (
            ("year >= 50", "year > 50"),
            ("1950 <= year < 2050", "1950 <= year < 2049"),
            ("or year % 400 == 0", ""),
            ("hour > 23", "hour > 24"),
            ("second > 59", "second > 60"),
            ("if month > 2 and", "if month >= 2 and"),
            ("past // 4 - past // 100 + past // 400", "past // 4 - past // 100"),
            ("if not 0 <= digit <= 9:", "if digit > 9:"),
        ),
    ),
    (
        "crypto/crl.py",
        ("test_crypto_crl",),
        (
            ("if data[start:stop] == serial:", "if data[start:stop].endswith(serial):"),
            ("            left = _ENTRIES_A_SLICE\n            yield", "            yield"),
            ("        der.finish(after, stop)\n        self._serials", "        self._serials"),
        ),
    ),
    (
        "crypto/profiles.py",
        ("test_crypto_profiles",),
        (
            ("if leaf.is_ca:", "if leaf.is_ca and leaf.path_len:"),
            ("or not self._may(leaf.purposes)", ""),
            ("self.is_emaid and ", ""),
            ("if not 14 <= len(joined) <= 15:", "if not 14 <= len(joined) <= 16:"),
            ("(at > 1 and ", "(at > 0 and "),
        ),
    ),
    (
        "crypto/chain.py",
        PATH_TESTS,
        (
            ("MOST_CERTIFICATES = 3", "MOST_CERTIFICATES = 4"),
            ("        profile.check(path[0])\n", ""),
            ("            _check_link(path[below], path[below + 1], below)\n", "            pass\n"),
            (" or certificate.subject == certificate.issuer:", ":"),
            ("    if not issuer.is_ca:", "    if issuer.is_ca and False:"),
            ("issuer.path_len < below", "issuer.path_len < below - 1"),
            ("if signed.issuer != issuer.subject:", "if signed.issuer == b'':"),
            ("or signed.authority_key_id == issuer.key_id", "or True"),
            ("len(path) - 1)\n    return found[0]", "0)\n    return found[0]"),
            ("if unix_s < certificate.not_before_s:", "if unix_s <= certificate.not_before_s - 1 - 1:"),
            ("if unix_s > certificate.not_after_s:", "if unix_s > certificate.not_after_s + 1:"),
            ("    if not good:\n", "    if good is None:\n"),
            ("        if crl.revokes(certificate.serial):", "        if crl.revokes(issuer.serial):"),
            ("if not may or not", "if not"),
            ("    if needs_crl and not lists:", "    if lists and not lists:"),
            ("crl.this_update_s <= unix_s <= crl.next_update_s", "crl.this_update_s <= unix_s"),
        ),
    ),
    (
        "crypto/ecdsa.py",
        SIGNATURE_TESTS,
        (
            ("if not (0 < r < p256.N and 0 < s < p256.N):", "if not (0 < r and 0 < s < p256.N):"),
            ("    while r < p256.P:", "    while r < p256.N:"),
            ("len(signature) != SIGNATURE_BYTES", "len(signature) < SIGNATURE_BYTES"),
            ("    if len(digest) != DIGEST_BYTES:", "    if len(digest) < DIGEST_BYTES:"),
            ("if len(private_key) != 32 or", "if"),
            ("        if 0 < k < p256.N:", "        if 0 < k:"),
            ("if after - first > 32:", "if after - first > 33:"),
            ("    der.finish(start, stop)\n", ""),
        ),
    ),
    (
        "crypto/p256.py",
        CURVE_TESTS,
        (
            ("0 <= x < P and 0 <= y < P and ", ""),
            ("return double(u1, s1, z) if r == 0 else INFINITY", "return INFINITY"),
            ("if len(data) != 65 or data[0] != 4:", "if len(data) != 65:"),
            ("return x, P - y, z, zz, zzz", "return x, y, z, zz, zzz"),
        ),
    ),
    (
        "crypto/multiples.py",
        CURVE_TESTS,
        (
            ("            scalar += p256.N\n", "            pass\n"),
            ("else ~index & 15", "else index & 15"),
            ("carry = window >> (WINDOW - 1)", "carry = 0"),
            ("        if window & 1 == carry:", "        if window & 1 == 0:"),
            ("        if at < SPACING:", "        if at < SPACING - 1:"),
            ("        left -= 2\n", "        left -= 1\n"),
            ("    total.end_table()\n", ""),
            ("digit < 0)", "digit > 0)"),
        ),
    ),
    (
        "crypto/integers.py",
        CURVE_TESTS,
        (
            ("y * square * blind", "y * square"),
            ("if negative else cached", "if False else cached"),
            ("y if positive else p256.P - y", "y"),
            ("* self._powers[digit] % modulus", "* self._powers[digit & 7] % modulus"),
        ),
    ),
)
