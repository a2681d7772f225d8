"""Reasons to refuse a certificate, a chain or a revocation list: one number each, the same wherever it is noticed.

Numbers go into logs and telemetry: they are added at the end and never changed. refusals_text.py says what each means.
"""

OK = 0
ENCODING = 1
OVERSIZED = 2
UNKNOWN_ALGORITHM = 3
UNKNOWN_CURVE = 4
BAD_KEY = 5
UNKNOWN_CRITICAL = 6
CHAIN_LENGTH = 7
SUBJECT = 8
BASIC_CONSTRAINTS = 9
KEY_USAGE = 10
PATH_LENGTH = 11
CHAIN_ORDER = 12
WRONG_ROOT = 13
CLOCK_UNSET = 14
NOT_YET_VALID = 15
EXPIRED = 16
BAD_SIGNATURE = 17
REVOKED = 18
CRL_SIGNATURE = 19
CRL_MISSING = 20
CRL_STALE = 21

# In the order of the numbers; one constant, which a board reads where it lies.
_NAMES = (
    b"ok encoding oversized unknown_algorithm unknown_curve bad_key unknown_critical chain_length subject "
    b"basic_constraints key_usage path_length chain_order wrong_root clock_unset not_yet_valid expired "
    b"bad_signature revoked crl_signature crl_missing crl_stale "
)


def name(code: int) -> str:
    """Return the name of a code, "ok" for 0 and "refusal_N" for one that is not known."""
    at = 0
    for _ in range(code):
        at = _NAMES.find(b" ", at) + 1
        if at in (0, len(_NAMES)):
            return "refusal_%d" % code
    return _NAMES[at : _NAMES.find(b" ", at)].decode()
