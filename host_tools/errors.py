"""Errors a user can cause or mend: printed as one line, with the way out."""

from __future__ import annotations

EXIT_CHECK_FAILED = 1
EXIT_USAGE = 2
EXIT_MISSING = 3
EXIT_INTERRUPTED = 130  # as a shell says it: 128 and the number of the signal
EXIT_TERMINATED = 143


class ToolError(Exception):
    """Something the user can mend; the message says what is wrong and what to do."""

    exit_code = EXIT_USAGE


class MissingError(ToolError):
    """A port, broker, file or program that is not there."""

    exit_code = EXIT_MISSING
