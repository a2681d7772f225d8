"""Ctrl-C and SIGTERM as an event, for commands that run until they are told to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading


def stop_on_signals() -> threading.Event:
    """Return an event that the first SIGINT or SIGTERM sets.

    A handler runs inside the main thread, possibly inside that event's own wait and its lock, so it must not set the
    event itself: the signal's number goes down a pipe to a thread that does.
    """
    stop = threading.Event()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_details: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)

    def wait() -> None:
        os.read(reader, 1)
        stop.set()

    threading.Thread(target=wait, name="stop on signals", daemon=True).start()
    return stop


def stop_in_loop(seconds: float | None) -> asyncio.Event:
    """Return an event of the running loop that SIGINT, SIGTERM or the end of the time sets; None: no end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    return stop
