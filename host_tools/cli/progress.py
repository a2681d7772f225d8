"""What runs for minutes says what it is at, in one line that changes, where somebody looks."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console


@contextlib.contextmanager
def watching(console: Console, quiet: bool, first: str) -> Iterator[Callable[[str], None]]:
    """Yield what takes a text and shows it in the place of the last one; it shows nothing to a file or where quiet."""
    if quiet or not console.is_terminal:
        yield lambda _text: None
        return
    with console.status(first) as status:
        yield status.update
