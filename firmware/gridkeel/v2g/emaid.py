"""The contract's id (eMAID): 14 characters and an optional check digit, written with or without hyphens."""

from gridkeel.crypto import profiles

_UNCHECKED = 14


def same(one: str, other: str) -> bool:
    """Return whether two eMAIDs name the same contract; where one has no check digit, the other's does not count."""
    one, other = profiles.emaid(one), profiles.emaid(other)
    if not one or not other:
        return False
    return one == other or len(one) != len(other) and one[:_UNCHECKED] == other[:_UNCHECKED]
