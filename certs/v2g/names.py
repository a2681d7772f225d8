"""Identities in a certificate's common name: EMAID, PCID, SECC id."""

from __future__ import annotations

import re

from host_tools.errors import ToolError

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EMAID = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[A-Z0-9]{9}[A-Z0-9]?")
_PCID = re.compile(r"[A-Za-z0-9]{17,18}")  # WMI, 14 of the maker's own, and an optional check digit
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,39}")
_SECC_ID = re.compile(r"[A-Za-z0-9*:._-]{1,64}")  # 64: a common name's bound in X.509


def check_digit(account: str) -> str:
    """Return the check digit of an EMAID's first 14 characters.

    Each of the 36 characters is a pair of vectors, one over Z2 and one over Z3; the digit is the one that brings both
    weighted sums over all 15 to zero.  Source: ISO 15118-2 annex H, eMI3 "Check Digit Calculation for Contract-IDs".
    Errors: ValueError for a character outside 0-9 and A-Z.
    """
    return next(digit for digit in _ALPHABET if _sums(account + digit) == (0, 0, 0, 0))


def _sums(text: str) -> tuple[int, int, int, int]:
    """Sum v(i) * P**i by Horner's rule, P = ((0, 1), (1, 1)) over Z2 and ((0, 1), (1, 2)) over Z3."""
    a = b = c = d = 0
    for character in reversed(text):
        upper, lower = divmod(_ALPHABET.index(character), 9)
        a, b = a + upper // 2, b + upper % 2
        a, b = b % 2, (a + b) % 2
        c, d = c + lower // 3, d + lower % 3
        c, d = d % 3, (c + 2 * d) % 3
    return a, b, c, d


def emaid(text: str) -> str:
    """Return an EMAID as a contract has it: 15 characters, without separators.  Errors: ToolError."""
    plain = text.replace("-", "").upper()
    wrong = emaid_fault(plain)
    if wrong:
        raise ToolError(f"EMAID {text}: {wrong}")
    return plain if len(plain) == 15 else plain + check_digit(plain)


def emaid_fault(text: str) -> str:
    """Tell what is wrong with an EMAID without separators, "" where nothing is."""
    if not _EMAID.fullmatch(text):
        return "give country (2 letters), provider (3), account (9) and the check digit, for example DE8AA0012345670"
    if len(text) == 15 and text[14] != check_digit(text[:14]):
        return f"its check digit is {check_digit(text[:14])}, not {text[14]}"
    return ""


def pcid(text: str) -> str:
    """Return a PCID, 17 or 18 letters and digits that begin with the maker's WMI.  Errors: ToolError."""
    if not _PCID.fullmatch(text):
        raise ToolError(f"PCID {text}: give 17 or 18 letters and digits, the maker's WMI (3) first")
    return text


def secc_id(text: str) -> str:
    """Return a SECC id, 1 to 64 of letters, digits and *:._-.  Errors: ToolError."""
    if not _SECC_ID.fullmatch(text):
        raise ToolError(f"SECC id {text}: give 1 to 64 of letters, digits and *:._-")
    return text


def entry_name(text: str) -> str:
    """Return a name within a PKI, which is a folder's name too.  Errors: ToolError."""
    if not _NAME.fullmatch(text):
        raise ToolError(f"name {text}: give a small letter and then up to 39 of a-z, 0-9 and _.-")
    return text


CHECKS = {"emaid": emaid, "pcid": pcid, "secc_id": secc_id}
DEFAULTS = {
    "emaid": emaid("DEGKL000000001"),
    "pcid": "GKLTESTVEHICLE001",
    "secc_id": "DEGKLS000001",
}
