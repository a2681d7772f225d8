"""Meanings of the refusals of refusals.py.  For hosts; no device imports it."""

from gridkeel.crypto import refusals

_TEXTS = (
    (refusals.ENCODING, "not a certificate of X.509 v3, or a list of v2, in strict DER"),
    (refusals.OVERSIZED, "larger than is taken here: a leaf 800 bytes, a CA 1,600, a list 16 kB"),
    (refusals.UNKNOWN_ALGORITHM, "signed with something else than ECDSA and SHA-256"),
    (refusals.UNKNOWN_CURVE, "public key or signature is not of the named curve P-256"),
    (refusals.BAD_KEY, "public key is no point of its curve, or is compressed"),
    (refusals.UNKNOWN_CRITICAL, "a critical extension that is not known here"),
    (refusals.CHAIN_LENGTH, "no certificate, or more than a leaf and two sub-CAs"),
    (refusals.SUBJECT, "the leaf's common name or domain component is not what its role demands"),
    (refusals.BASIC_CONSTRAINTS, "a CA as a leaf, or a certificate that is no CA as an issuer"),
    (refusals.KEY_USAGE, "the key is used for what its certificate does not allow"),
    (refusals.PATH_LENGTH, "more sub-CAs below a CA than it allows"),
    (refusals.CHAIN_ORDER, "a certificate is not issued by the one after it"),
    (refusals.WRONG_ROOT, "the chain ends at no trust anchor of this board"),
    (refusals.CLOCK_UNSET, "no time of day here: validity cannot be judged"),
    (refusals.NOT_YET_VALID, "validity begins later than now: check this board's clock too"),
    (refusals.EXPIRED, "validity is over: check this board's clock too"),
    (refusals.BAD_SIGNATURE, "a certificate's signature does not match its issuer's key"),
    (refusals.REVOKED, "on the revocation list of its issuer"),
    (refusals.CRL_SIGNATURE, "a revocation list of this issuer that it did not sign, or may not"),
    (refusals.CRL_MISSING, "no revocation list of the issuer, where one is demanded"),
    (refusals.CRL_STALE, "no revocation list of the issuer that is of today, where one is demanded"),
)

# code, name, text
CATALOGUE = tuple([(code, refusals.name(code), text) for code, text in _TEXTS])
