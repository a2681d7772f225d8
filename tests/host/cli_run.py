"""The command as a process, in a pipe, on a terminal of a given width, and every command that it has."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from typing import Any
from unittest import mock

import typer.core

from command_line.main import main
from command_line.root import COMMANDS, load

PROGRAM = "from command_line.main import main; main()"


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-c", PROGRAM, *map(str, arguments)]


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    settings: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 240, **options}
    return subprocess.run(command(*arguments), **settings)


def run_here(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in this process, for what neither starts anything nor waits: a hundredth of a process's time."""
    output, errors = io.StringIO(), io.StringIO()
    code: Any = 0
    with (
        mock.patch.object(sys, "argv", ["gridkeel", *map(str, arguments)]),
        mock.patch.dict(os.environ, environment),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    return subprocess.CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())


def on_a_terminal(columns: int, *arguments: object) -> str:
    """Run the command on a pseudo-terminal so many columns wide and return what it printed."""
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    process = subprocess.Popen(command(*arguments), stdin=writer, stdout=writer, stderr=writer, env=environment)
    os.close(writer)
    output = b""
    while True:
        try:
            data = os.read(reader, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        output += data
    os.close(reader)
    process.wait(60)
    return output.decode()


def every_command() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give the words and the object of every command and subcommand; DEVICE is the argument of `send`."""
    for name in COMMANDS:
        loaded = load(name)
        yield (name,), loaded
        words = (name, "DEVICE") if name == "send" else (name,)
        if isinstance(loaded, typer.core.TyperGroup):
            for sub, each in loaded.commands.items():
                yield (*words, sub), each
