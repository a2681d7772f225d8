"""Entry point of the `gridkeel` command: signals, errors and exit codes; everything else is loaded later."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import tempfile
import threading
from types import FrameType
from typing import Any

from host_tools.errors import EXIT_INTERRUPTED, EXIT_MISSING, EXIT_TERMINATED, ToolError

# What a full, read-only or broken disk says; other OSErrors without a file name are defects and keep their traceback.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG)
# Code that an exception out of a signal's handler would leave half done: a module may turn it into an error of its own
# or crash where it is imported, a temporary folder that is made but not yet noted would stay, and so would the embedded
# broker's child.
_WHOLE = ("<frozen importlib", tempfile.__file__)
_BROKER = "iotcore/broker.py"
_AGAIN_S = 0.02  # until a signal that came there is looked at again


def main() -> None:
    """Run the command; what a user can mend is one line on stderr and an exit code (docs/cli.md lists them)."""
    before = _end_on_signals()
    try:
        _run()
    except ToolError as error:
        _end(str(error), error.exit_code)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        _leave_stdout()
    except OSError as error:
        if error.filename is None and error.errno not in _DISK:
            raise
        _end(f"{error.filename or 'standard output'}: {error.strerror}", EXIT_MISSING)
    finally:
        sys.unraisablehook = sys.__unraisablehook__
        for number, handler in before.items():
            signal.signal(number, handler)


def _run() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):  # a stream put in its place by somebody else
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    from command_line.root import app

    try:
        app()
    finally:
        sys.stdout.flush()


def _end(text: str, code: int) -> None:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    print(f"gridkeel: {' '.join(text.split())}", file=sys.stderr)
    _drop_stdout()
    sys.exit(code)


def _leave_stdout() -> None:
    """End as a program does whose reader has gone: silently."""
    _drop_stdout()
    sys.exit(128 + signal.SIGPIPE)


def _drop_stdout() -> None:
    """Keep the interpreter's own last flush from failing a second time."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end_on_signals() -> dict[int, Any]:
    """Let SIGTERM and SIGHUP unwind as Ctrl-C does, so that temporary folders and child processes go.

    Return the handlers that were there before.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}  # signals are the main thread's, and whoever runs us in another has its own way with them
    before: dict[int, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        handler = signal.getsignal(number)
        if handler in (signal.SIG_DFL, signal.default_int_handler):
            before[number] = handler
            signal.signal(number, _end_by_signal)
    if before:
        sys.unraisablehook = _end_where_swallowed
    return before


def _end_by_signal(number: int, frame: FrameType | None) -> None:
    if _must_finish(frame):
        _send_again(number)
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(EXIT_TERMINATED if number == signal.SIGTERM else 128 + number)


def _must_finish(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_WHOLE) or frame.f_code.co_filename.endswith(_BROKER):
            return True
        frame = frame.f_back
    return False


def _send_again(number: int) -> None:
    """Look at a signal again a little later; by a timer and not a thread, whose locks the main thread may hold."""
    signal.signal(signal.SIGALRM, lambda _alarm, frame: _end_by_signal(number, frame))
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)


def _end_where_swallowed(ignored: sys.UnraisableHookArgs) -> None:
    """End the program also where its end was raised in a finalizer or callback: Python drops errors of those."""
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        _send_again(signal.SIGINT)
    elif issubclass(ignored.exc_type, SystemExit):
        _send_again(signal.SIGTERM)
    else:
        sys.__unraisablehook__(ignored)
