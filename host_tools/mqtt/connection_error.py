"""Reason why there is no connection to a broker, in one line, with the way out."""

from __future__ import annotations

import ssl

import aiomqtt
from aiomqtt.exceptions import MqttConnectError

from host_tools.mqtt.address import Broker

CONNECTION_ERRORS = (aiomqtt.MqttError, OSError, ssl.SSLError)
_KNOWN = {
    "WRONG_VERSION_NUMBER": "does not speak TLS on this port: use mqtt:// or its TLS port",
    "RECORD_LAYER_FAILURE": "does not speak TLS on this port: use mqtt:// or its TLS port",
    "ALERT": "refused the client certificate ({}): check --certfile",
    "timed out": "does not answer ({}): check host, port and firewall",
    "[Errno 104]": "hung up at once ({}): is it the right port, and with TLS where that is wanted?",
    "[Errno": "cannot be reached ({}): check that it runs there",
}
_BAD_LOGIN = {"Bad user name or password", "Not authorized", "Bad authentication method"}


def why(broker: Broker, error: BaseException) -> str:
    """Return one line that says why there is no connection, with the way out."""
    text = str(error) or type(error).__name__
    said = "; ".join(getattr(error, "__notes__", ()))
    if isinstance(error, aiomqtt.MqttCodeError) and str(error.rc) in _BAD_LOGIN:
        code = f"{error.rc}: {said}" if said else f"{error.rc}"
        return f"broker {broker.name} refused the login ({code}): check --username and --password-file"
    if isinstance(error, MqttConnectError):
        return f"broker {broker.name} refused the connection ({error.rc}{': ' + said if said else ''})"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"broker {broker.name} shows a certificate that is not accepted ({_verify_reason(text)}): check --cafile"
    for mark, line in _KNOWN.items():
        if mark in text:
            return f"broker {broker.name} {line.format(text)}"
    return f"broker {broker.name}: {text}"


def _verify_reason(text: str) -> str:
    return text.partition("certificate verify failed: ")[2].partition(" (_ssl")[0] or "certificate verify failed"
