"""Progress of a transfer on a terminal: one line that is written over; nothing where nobody looks."""

from __future__ import annotations

from typing import TextIO

from host_tools.cable.staging import Progress


def on_terminal(where: str, stream: TextIO) -> Progress | None:
    """Return what writes a line for each step, None where the stream is no terminal."""
    if not stream.isatty():
        return None

    def show(name: str, done: int, total: int) -> None:
        share = 100 * done // max(total, 1)
        end = "\n" if done >= total else ""
        stream.write(f"\r{where}: {name} {done:,} of {total:,} bytes, {share} % {end}")
        stream.flush()

    return show
