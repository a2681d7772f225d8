"""Options by which commands reach a broker, the same for all of them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

LOCAL = "mqtt://127.0.0.1:1883"

Url = Annotated[str, typer.Option("--broker", "-b", help="mqtt://HOST[:PORT], or mqtts://HOST[:PORT] for TLS.")]
CaFile = Annotated[Path | None, typer.Option("--cafile", help="Certificates to trust; the system's without it.")]
CertFile = Annotated[Path | None, typer.Option("--certfile", help="Client certificate, PEM.")]
KeyFile = Annotated[Path | None, typer.Option("--keyfile", help="Key of the client certificate, PEM.")]
Username = Annotated[str | None, typer.Option("--username", help="Name to log in with.")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="File whose first line is the password.")]


def _access(
    broker: Url = LOCAL,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
) -> None:
    """Take the options that `reaching_broker` adds."""


def reaching_broker(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options by which it reaches a broker; the command gets the Broker as `at`."""
    own = [one for one in inspect.signature(command, eval_str=True).parameters.values() if one.name != "at"]
    access = list(inspect.signature(_access, eval_str=True).parameters.values())
    merged = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (*own, *access)]

    @functools.wraps(command)
    def run(**values: Any) -> None:
        from host_tools.mqtt.address import broker_at

        reached = {one.name: values.pop(one.name) for one in access}
        command(at=broker_at(reached.pop("broker"), **reached), **values)

    run.__signature__ = inspect.Signature(merged)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in merged}
    return run
