"""What runs for minutes says what it is at: in one line that changes, where somebody looks, or line by line."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console


@contextlib.contextmanager
def watching(console: Console, quiet: bool, first: str, *, lines: bool = False) -> Iterator[Callable[[str], None]]:
    """Yield what takes a text and shows it in the place of the last one, with the seconds so far.

    Nothing is shown where quiet; where nobody looks (a file, a pipe) nothing either, or with `lines` each text once.
    """
    begun_s = time.monotonic()

    def stamped(text: str) -> str:
        return f"{time.monotonic() - begun_s:4.0f} s  {text}"

    if quiet or not (console.is_terminal or lines):
        yield lambda _text: None
    elif console.is_terminal:
        with console.status(first) as status:
            yield lambda text: status.update(stamped(text))
    else:
        yield lambda text: console.print(stamped(text), highlight=False, markup=False)
