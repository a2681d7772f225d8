"""The contract's id (eMAID): 14 characters and an optional check digit, written with or without hyphens."""

_CHECKED = 14


def same(one, other):
    """Return whether two eMAIDs name the same contract; where one has no check digit, the other's does not count."""
    one, other = _plain(one), _plain(other)
    if len(one) < _CHECKED or len(other) < _CHECKED:
        return False
    return one == other or len(one) != len(other) and one[:_CHECKED] == other[:_CHECKED]


def _plain(text):
    return text.replace("-", "").upper()
