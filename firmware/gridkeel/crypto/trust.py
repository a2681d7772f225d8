"""Signatures that were verified before: the sub-CAs of a second car of one provider cost nothing."""

from hashlib import sha256


class Known:
    """The last few (key, signed bytes) whose signature was right.  Allocates: 32 bytes each."""

    def __init__(self, most=8):
        self._most = most
        self._marks = []

    def signed_by(self, signed, public_key):
        """Generator; return whether this key signed `signed` (a Certificate or RevocationList), at once where known.

        Only the signature is remembered: validity, revocation and the rest are looked at each time.
        """
        mark = sha256(public_key)
        mark.update(signed.data)
        mark = mark.digest()
        if mark in self._marks:
            return True
        good = yield from signed.signed_by(public_key)
        if good:
            if len(self._marks) >= self._most:
                self._marks.pop(0)
            self._marks.append(mark)
        return good
