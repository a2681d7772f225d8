"""Store of signatures verified before: a chain that comes again, or a second vehicle of one provider, costs less."""

from hashlib import sha256

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from gridkeel.crypto.signed import Signed

MARKS = 24  # a provider's sub-CAs and lists take up to five, each contract below them one


class Known:
    """The (key, signed bytes) used last whose signature was right.  Allocates: 32 bytes each."""

    def __init__(self, most: int = MARKS) -> None:
        self._most = most
        self._marks: list[bytes] = []  # the one used last at the end

    def signed_by(self, signed: "Signed", public_key: bytes) -> "Generator[None, None, bool]":
        """Generator; return whether this key signed `signed` (a Certificate or RevocationList), at once where known.

        Only that a signature is right is remembered: validity, revocation and the rest are looked at each time.
        """
        mark = sha256(public_key)
        mark.update(signed.data)
        mark = mark.digest()
        if mark in self._marks:
            self._marks.remove(mark)
            self._marks.append(mark)
            return True
        good = yield from signed.signed_by(public_key)
        if good:
            if len(self._marks) >= self._most:
                self._marks.pop(0)
            self._marks.append(mark)
        return good
