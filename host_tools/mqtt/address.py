"""Address of the broker and access to it: URL, certificates, login."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from host_tools.errors import MissingError, ToolError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_EXAMPLE = "give mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"


@dataclass(frozen=True)
class Broker:
    """A broker's address and the keys to it; made by `broker_at`, which checks them."""

    host: str
    port: int
    tls_context: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


def broker_at(
    url: str,
    *,
    cafile: Path | None = None,
    certfile: Path | None = None,
    keyfile: Path | None = None,
    username: str | None = None,
    password_file: Path | None = None,
) -> Broker:
    """Return the broker of a URL.  Errors: ToolError or MissingError naming the option or file that is wrong."""
    host, port, secure = _split(url)
    tls_context = None
    if secure:
        tls_context = _tls_context(cafile, certfile, keyfile)
    elif cafile or certfile or keyfile:
        raise ToolError(f"certificates need TLS: write the broker as mqtts://{host}")
    if password_file and not username:
        raise ToolError("--password-file needs --username")
    password = _first_line(password_file) if password_file else None
    return Broker(host, port, tls_context, username, password)


def _split(url: str) -> tuple[str, int, bool]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ToolError(f"broker {url!r}: {error}; {_EXAMPLE}") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ToolError(f"broker {url!r} is no broker address; {_EXAMPLE}")
    if parts.username or parts.password:
        raise ToolError("keep the login out of the broker URL: use --username and --password-file")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ToolError(f"broker {url!r} has something after the port; {_EXAMPLE}")
    return parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "mqtts"


def _tls_context(cafile: Path | None, certfile: Path | None, keyfile: Path | None) -> ssl.SSLContext:
    for option, path in (("--cafile", cafile), ("--certfile", certfile), ("--keyfile", keyfile)):
        if path and not path.is_file():
            raise MissingError(f"{option} {path}: no such file")
    if keyfile and not certfile:
        raise ToolError("--keyfile needs --certfile")
    try:
        context = ssl.create_default_context(cafile=str(cafile) if cafile else None)
    except (OSError, ssl.SSLError) as error:
        raise ToolError(f"--cafile {cafile} holds no certificate that can be read: {error}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certfile:
        try:
            # An empty password keeps OpenSSL from asking on the terminal of a service.
            context.load_cert_chain(certfile, keyfile, password="")
        except (OSError, ssl.SSLError) as error:
            raise ToolError(f"--certfile {certfile} and its key cannot be used: {error}") from None
    return context


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MissingError(f"--password-file {path}: {error}") from None
    if not lines or not lines[0]:
        raise ToolError(f"--password-file {path}: its first line is empty, the password belongs there")
    return lines[0]
