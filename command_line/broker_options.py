"""Options by which commands reach a broker, the same for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Url = Annotated[str, typer.Option("--broker", "-b", help="mqtt://HOST[:PORT], or mqtts://HOST[:PORT] for TLS.")]
CaFile = Annotated[Path | None, typer.Option("--cafile", help="Certificates to trust; the system's without it.")]
CertFile = Annotated[Path | None, typer.Option("--certfile", help="Client certificate, PEM.")]
KeyFile = Annotated[Path | None, typer.Option("--keyfile", help="Key of the client certificate, PEM.")]
Username = Annotated[str | None, typer.Option("--username", help="Name to log in with.")]
PasswordFile = Annotated[Path | None, typer.Option("--password-file", help="File whose first line is the password.")]
