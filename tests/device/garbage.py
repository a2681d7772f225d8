"""The 32-bit build of the tests has a megabyte and no collector: a share of a long list must do there."""

import gc
import sys

COLLECTED = getattr(sys.implementation, "_build", "") != "wasi"


def share(items, most):
    """Return all items, or `most` of them, evenly spread, where garbage is not collected."""
    items = list(items)
    if COLLECTED or len(items) <= most:
        return items
    return [items[k * len(items) // most] for k in range(most)]


def sweep():
    """Make room on a board's heap; CPython has it, and would look through all of pytest each time."""
    if COLLECTED and sys.implementation.name == "micropython":
        gc.collect()
