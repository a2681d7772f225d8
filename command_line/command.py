"""What all commands share: options whose value may be left out, and the refusal of options that would do nothing."""

from __future__ import annotations

from typing import Any

import typer
import typer.core

from host_tools.errors import ToolError
from host_tools.files import STDOUT

_COMMAND_LINE = "COMMANDLINE"
_WHOLE = 10_000  # letters of a first sentence


class Command(typer.core.TyperCommand):
    """A command of `gridkeel`.  An option whose metavar stands in brackets, `--json [FILE]`, may lack its value: -."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        optional = {name for param in self.params if (param.metavar or "").startswith("[") for name in param.opts}
        given: list[str] = []
        for position, word in enumerate(args):
            given.append(word)
            following = args[position + 1 : position + 2]
            if word in optional and (not following or following[0].startswith("-") and following[0] != STDOUT):
                given.append(STDOUT)
        return super().parse_args(ctx, given)


class Group(typer.core.TyperGroup):
    """A group whose help shows the whole first sentence of every command."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_WHOLE)) for name, each in commands if each])


def group(**options: Any) -> typer.Typer:
    """Return a group of commands; its help is plain text, as that of every command."""
    return typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False, **options)


def given(context: typer.Context, *names: str) -> list[str]:
    """Return the option names (`--to`) of those parameters that stand on the command line, whatever their value."""
    found = []
    for param in context.command.params:
        source = context.get_parameter_source(param.name or "")
        if param.name in names and source is not None and source.name == _COMMAND_LINE:
            found.append(max(param.opts, key=len))
    return found


def refuse(context: typer.Context, names: tuple[str, ...], why: str) -> None:
    """Refuse options that would change nothing.  Errors: ToolError that names those on the command line."""
    found = given(context, *names)
    if found:
        raise ToolError(f"{', '.join(found)}: {why}")
