"""The identities of a made-up fleet."""

from __future__ import annotations


def identities(n: int) -> list[bytes]:
    """Return n identities as boards report them."""
    return [b"charger-%07d" % k for k in range(n)]
