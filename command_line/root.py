"""The commands of `gridkeel`, each loaded when it is called: help and completion load none of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
import typer.main

from command_line.command import Command, Group

# name: (module of command_line, what the overview says: the command's own first sentence, as a test holds)
COMMANDS = {
    "bench": ("bench", "Play recorded or made-up mains through a real controller and judge what it did."),
    "board": ("board", "Run the virtual board, or list the serial ports of real ones."),
    "firmware": ("firmware", "Build the firmware's image for a board."),
    "update": ("update", "Make keys, sign releases of the firmware, and take one to a controller or to a fleet."),
    "flash": (
        "flash",
        "Put interpreter and firmware on a board, up to a running controller; what was cut is completed by once more.",
    ),
    "provision": (
        "provision",
        "Give a board its identity, parameters and keys, all of them or none; what was cut is completed by once more.",
    ),
    "rig": ("rig", "Check a real board on a desk, part by part."),
    "plant": ("plant", "Run a model of the bench by itself."),
    "uplink": ("uplink", "Carry records of the controllers on PORT to an MQTT broker, and its commands to them."),
    "twin": ("twin", "Estimate every battery of a fleet, plan, and send commands back: the cloud twin."),
    "monitor": ("monitor", "Show every controller on a broker: frequency, power and its limits, charge, faults."),
    "send": ("send", "Send a command to a controller and wait for its result."),
    "broker": ("broker", "Run an MQTT broker on this machine until Ctrl-C or SIGTERM."),
    "interop": (
        "interop",
        "Charge a real vehicle (the EVCC of the package iso15118) at the controller on the virtual board.",
    ),
    "params": ("params", "List every parameter with unit, default, limits and meaning; check a configuration file."),
    "handshake-model": (
        "handshake_model",
        "Predict the time of each phase of a handshake, from SDP to the first charging loop.",
    ),
    "pki": ("pki", "Make and manage the certificates of ISO 15118."),
    "study": ("study", "Studies of many controllers on one grid."),
    "typetest": ("typetest", "Put a controller through a profile's procedure and report clause by clause."),
}


def load(name: str) -> Any:
    """Return a command with its options, ready to run; imports its module."""
    module = import_module(f"command_line.{COMMANDS[name][0]}")
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=name, cls=Command)(module.command)
    loaded = typer.main.get_command(app)
    loaded.name = name
    return loaded


class LazyGroup(Group):
    """A group of names and their one line of help; the command behind a name is imported when it is resolved."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _named, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest


app = typer.Typer(
    name="gridkeel",
    cls=LazyGroup,
    help="Edge-controller firmware for EV chargers: bench, virtual board, EV at the connector, certificates, uplink.",
    no_args_is_help=True,
    rich_markup_mode=None,  # help is plain text: nothing in brackets is taken for markup, nothing is cut
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)


def _only_a_name() -> None:
    """Stand for a command that is not loaded yet."""


for _name, (_module, _help) in COMMANDS.items():
    app.command(name=_name, help=_help)(_only_a_name)


def _version(wanted: bool) -> None:
    if wanted:
        from host_tools.commit import host_version

        typer.echo(f"gridkeel {host_version()}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_version, help="Print the version.")) -> None:
    """Take the options that come before a command."""
