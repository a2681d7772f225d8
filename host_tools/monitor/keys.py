"""The keyboard of the live monitor: keys of a terminal, and what each does to the view."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Iterator

from host_tools.monitor.view import KEYS, View

HELP = "q end  ↑↓ PgUp PgDn Home End  s sort  r reverse  / filter  a f o t all, faulted, offline, stale  e events"
_ESCAPES = {
    b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[5~": "page up", b"\x1b[6~": "page down",
    b"\x1b[H": "home", b"\x1b[F": "end", b"\x1b[1~": "home", b"\x1b[4~": "end", b"\x1bOA": "up", b"\x1bOB": "down",
}  # fmt: skip
_ONLY_KEYS = {"a": "all", "f": "faulted", "o": "offline", "t": "stale"}
_LOOK_S = 0.2
_FILTER_MAX = 60


class Keyboard:
    """Meanings of the keys.  typing: a filter is being typed."""

    def __init__(self, view: View, end: Callable[[], None]) -> None:
        self.typing = False
        self._view = view
        self._end = end

    def press(self, key: str, page: int) -> None:
        """Take one key: a letter, or a name of _ESCAPES; page: rows on the screen."""
        if self.typing:
            self._type(key)
            return
        moves = {"up": -1, "down": 1, "k": -1, "j": 1, "page up": -page, "page down": page, " ": page}
        moves |= {"home": -self._view.count, "end": self._view.count}
        if key in moves:
            self._view.first = max(0, self._view.first + moves[key])
        elif key in _ONLY_KEYS:
            self._view.only = _ONLY_KEYS[key]
            self._view.first = 0
        elif key == "s":
            names = list(KEYS)
            self._view.sort = names[(names.index(self._view.sort) + 1) % len(names)]
        elif key == "r":
            self._view.reverse = not self._view.reverse
        elif key == "e":
            self._view.events = not self._view.events
        elif key == "/":
            self.typing = True
        elif key == "q":
            self._end()

    def _type(self, key: str) -> None:
        if key in ("\n", "\r"):
            self.typing = False
        elif key == "\x1b":
            self.typing, self._view.words = False, ""
        elif key in ("\x7f", "\b"):
            self._view.words = self._view.words[:-1]
        elif len(key) == 1 and key.isprintable():
            self._view.words = (self._view.words + key)[:_FILTER_MAX]
        self._view.first = 0

    @property
    def line(self) -> str:
        """What is shown of the view's settings, under the rows."""
        view = self._view
        parts = [f"sorted by {view.sort}{' downwards' if view.reverse else ''}", f"showing {view.only}"]
        if view.words or self.typing:
            parts.append(f"filter: {view.words}{'_' if self.typing else ''}")
        return ", ".join(parts)


@contextlib.contextmanager
def reading(take: Callable[[str], None]) -> Iterator[None]:
    """Hand every key to `take`, in a thread, while in the block; nothing where standard input is no terminal."""
    if os.name != "posix" or not sys.stdin.isatty():
        yield
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    over = threading.Event()
    thread = threading.Thread(target=_read, args=(number, take, over), name="keys", daemon=True)
    try:
        tty.setcbreak(number)
        thread.start()
        yield
    finally:
        over.set()
        thread.join()
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _read(number: int, take: Callable[[str], None], over: threading.Event) -> None:
    while not over.is_set():
        readable, _, _ = select.select([number], [], [], _LOOK_S)
        if not readable:
            continue
        data = os.read(number, 64)
        if not data:
            return
        for key in split(data):
            take(key)


def split(data: bytes) -> Iterator[str]:
    """Give the keys of what a terminal sent at once; what follows an escape sequence that is not known is left out."""
    while data:
        sequence = next((known for known in _ESCAPES if data.startswith(known)), b"")
        if sequence:
            yield _ESCAPES[sequence]
        elif data.startswith(b"\x1b") and len(data) > 1:
            return
        else:
            letter = data.decode("utf-8", "replace")[0]
            yield letter
            sequence = letter.encode()
        data = data[max(1, len(sequence)) :]
