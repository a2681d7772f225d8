"""Fewer test cases where the interpreter has little memory: the 32-bit build has a megabyte and no collector."""

import gc
import sys

COLLECTED = getattr(sys.implementation, "_build", "") != "wasi"


def share(items, most):
    """Return all items, or `most` of them, evenly spread, where garbage is not collected."""
    items = list(items)
    return items if COLLECTED else _spread(items, most)


def sample(items, most):
    """Return all items on CPython, `most` of them, evenly spread, on MicroPython, where each takes seconds.

    For cases of the same code: what is decided is the same on every interpreter, and that it allocates nothing and
    stays within small integers shows in any of them.
    """
    items = list(items)
    return items if sys.implementation.name != "micropython" else _spread(items, most)


def _spread(items, most):
    return [items[k * len(items) // most] for k in range(most)] if len(items) > most else items


def sweep():
    """Make room on a board's heap; CPython has it, and would look through all of pytest each time."""
    if COLLECTED and sys.implementation.name == "micropython":
        gc.collect()
