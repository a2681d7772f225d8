"""Why a certificate, a chain or a revocation list is refused: one number each, the same wherever it is noticed.

Numbers go into logs and telemetry: rows are added at the end and never changed.
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

CATALOGUE = (
    # code, name, text
    (ENCODING, "encoding", "not a certificate of X.509 v3, or a list of v2, in strict DER"),
    (OVERSIZED, "oversized", "larger than is taken here: a leaf 800 bytes, a CA 1,600, a list 16 kB"),
    (UNKNOWN_ALGORITHM, "unknown_algorithm", "signed with something else than ECDSA and SHA-256"),
    (UNKNOWN_CURVE, "unknown_curve", "public key or signature is not of the named curve P-256"),
    (BAD_KEY, "bad_key", "public key is no point of its curve, or is compressed"),
    (UNKNOWN_CRITICAL, "unknown_critical", "a critical extension that is not known here"),
    (CHAIN_LENGTH, "chain_length", "no certificate, or more than a leaf and two sub-CAs"),
    (SUBJECT, "subject", "the leaf's common name or domain component is not what its role demands"),
    (BASIC_CONSTRAINTS, "basic_constraints", "a CA as a leaf, or a certificate that is no CA as an issuer"),
    (KEY_USAGE, "key_usage", "the key is used for what its certificate does not allow"),
    (PATH_LENGTH, "path_length", "more sub-CAs below a CA than it allows"),
    (CHAIN_ORDER, "chain_order", "a certificate is not issued by the one after it"),
    (WRONG_ROOT, "wrong_root", "the chain ends at no trust anchor of this board"),
    (CLOCK_UNSET, "clock_unset", "no time of day here: validity cannot be judged"),
    (NOT_YET_VALID, "not_yet_valid", "validity begins later than now: check this board's clock too"),
    (EXPIRED, "expired", "validity is over: check this board's clock too"),
    (BAD_SIGNATURE, "bad_signature", "a certificate's signature does not match its issuer's key"),
    (REVOKED, "revoked", "on the revocation list of its issuer"),
    (CRL_SIGNATURE, "crl_signature", "a revocation list of this issuer that it did not sign, or may not"),
    (CRL_MISSING, "crl_missing", "no revocation list of the issuer, where one is demanded"),
    (CRL_STALE, "crl_stale", "no revocation list of the issuer that is of today, where one is demanded"),
)


def name(code):
    """Return the catalogue's name of a code, "ok" for 0 and "refusal_N" for one it does not hold."""
    if code == OK:
        return "ok"
    for known, word, _text in CATALOGUE:
        if known == code:
            return word
    return "refusal_%d" % code
