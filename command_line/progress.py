"""Progress of what runs for minutes: one line that changes on a terminal, or a line each in a file or pipe."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.text import Text

from host_tools.screen import Screen


@contextlib.contextmanager
def watching(screen: Screen, first: str, *, lines: bool = False) -> Iterator[Callable[[str], None]]:
    """Yield what takes a text and shows it in the place of the last one, with the seconds so far.

    Nothing is shown where quiet; where nobody looks (a file, a pipe) nothing either, or with `lines` each text once.
    """
    begun_s = time.monotonic()

    def stamped(text: str) -> str:
        return f"{time.monotonic() - begun_s:4.0f} s  {text}"

    if screen.live:
        with screen.console.status(first) as status:
            yield lambda text: status.update(Text(stamped(text)))
    elif lines:
        yield lambda text: screen.say(stamped(text))
    else:
        yield lambda _text: None
