"""The ISO 15118 peer's own EVCC, run by the peer's Python, that reports what it did and how long it waited.

    peer_vehicle.py CONFIG.json      NETWORK_INTERFACE and PKI_PATH in the environment, as the peer's program takes them
                            VEHICLE_PAUSES, if not empty: a pause, where the peer would end the session
                            VEHICLE_RESUMES, if not empty: id of a paused session, for a setting of the peer's

Its protocol behaviour is the peer's. Added is a line of JSON on standard output for each thing that happened:

    {"event": "sdp", "ms": waited}                         {"event": "connected", "tls": bool, "ms": waited}
    {"event": "exchange", "request": name, "response": name, "code": response code, "ms": waited, "sent": bytes,
     "received": bytes}                                    from the hand-over to the socket to the first read
    {"event": "session", "id": hexadecimal digits}         as the charger named it
    {"event": "charging", "on": bool}                      the vehicle's own contactor (pilot state C, B)
    {"event": "stopped", "ok": bool, "reason": text}       {"event": "failed", "reason": text}
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import sys
from time import perf_counter

_lines = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # the peer logs to standard output

from iso15118.evcc import Config, EVCCHandler, comm_session_handler, evcc_settings  # noqa: E402
from iso15118.evcc.controller.simulator import SimEVController  # noqa: E402
from iso15118.evcc.evcc_config import load_from_file  # noqa: E402
from iso15118.evcc.transport.tcp_client import TCPClient  # noqa: E402
from iso15118.evcc.transport.udp_client import UDPClient  # noqa: E402
from iso15118.shared.exificient_exi_codec import ExificientEXICodec  # noqa: E402
from iso15118.shared.messages.iso15118_2.datatypes import ChargeProgress, ChargingSession  # noqa: E402

_PR_SET_PDEATHSIG = 1


def report(event: str, **values: object) -> None:
    """Print one line for the harness."""
    print(json.dumps({"event": event, **values}), file=_lines)


class Codec(ExificientEXICodec):
    """The peer's codec; last_decoded is (message, response code) of the message it decoded last."""

    last_decoded = ("", "")

    def decode(self, stream: bytes, namespace: str) -> str:
        """Decode and remember what it was."""
        text = super().decode(stream, namespace)
        message = json.loads(text)
        if "V2G_Message" in message:
            message = message["V2G_Message"]["Body"]
        name, fields = next(iter(message.items()))
        Codec.last_decoded = (name, fields.get("ResponseCode", ""))
        return text


class Timed:
    """A stream whose last write and read are timed; everything else is the stream's own."""

    def __init__(self, stream) -> None:
        self._stream = stream
        self.at_s = 0.0
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write and note when that began: whoever reads it may be run before this process is again."""
        self.at_s, self.size = perf_counter(), len(data)
        self._stream.write(data)

    async def read(self, limit: int) -> bytes:
        """Read and note when something came."""
        data = await self._stream.read(limit)
        self.at_s, self.size = perf_counter(), len(data)
        return data

    def __getattr__(self, name: str):
        return getattr(self._stream, name)


class Session(comm_session_handler.EVCCCommunicationSession):
    """The peer's session with a watch on it."""

    def __init__(self, transport, *arguments) -> None:
        reader, writer = transport
        self._stop_v2 = None
        super().__init__((Timed(reader), Timed(writer)), *arguments)
        self._request = ""

    @property
    def charging_session_stop_v2(self):
        """How the session is to end, None while it is not to."""
        return self._stop_v2

    @charging_session_stop_v2.setter
    def charging_session_stop_v2(self, how) -> None:
        pauses = how == ChargingSession.TERMINATE and os.environ.get("VEHICLE_PAUSES")
        self._stop_v2 = ChargingSession.PAUSE if pauses else how

    async def send(self, message) -> None:
        """Send a request; a vehicle opens its contactor before it asks for the end of power."""
        request = self.current_state.message
        body = getattr(request, "body", None)
        inner = body.get_message() if body else request
        self._request = str(inner)
        if getattr(inner, "charge_progress", None) == ChargeProgress.STOP:
            await self.ev_controller.enable_charging(False)
        await super().send(message)

    async def process_message(self, message: bytes) -> None:
        """Take a response and report the exchange."""
        waited_s = self.reader.at_s - self.writer.at_s
        Codec.last_decoded = ("", "")
        try:
            await super().process_message(message)
        finally:
            name, code = Codec.last_decoded
            report(
                "exchange",
                request=self._request,
                response=name,
                code=code,
                ms=waited_s * 1e3,
                sent=self.writer.size,
                received=len(message),
            )
            if name == "SessionSetupRes":
                report("session", id=self.session_id)

    async def stop(self, reason: str) -> None:
        """End as the peer does."""
        stopped = self.stop_reason
        report("stopped", ok=bool(stopped and stopped.successful), reason=reason)
        await super().stop(reason)


class Discovery(UDPClient):
    """The peer's SDP client; reports how long the answer took."""

    asked_s = 0.0

    def send(self, message) -> None:
        """Ask."""
        self.asked_s = perf_counter()
        super().send(message)

    def datagram_received(self, data: bytes, addr) -> None:
        """Take an answer."""
        report("sdp", ms=(perf_counter() - self.asked_s) * 1e3, received=len(data))
        super().datagram_received(data, addr)


class TimedClient(TCPClient):
    """The peer's TCP client; reports how long the connection and its TLS handshake took."""

    @staticmethod
    async def create(host, port, queue, is_tls, iface):
        """Connect."""
        began_s = perf_counter()
        try:
            client = await TCPClient.create(host, port, queue, is_tls, iface)
        except Exception as error:
            report("failed", reason=f"no connection: {type(error).__name__} {error}")
            raise
        report("connected", tls=is_tls, ms=(perf_counter() - began_s) * 1e3)
        return client


class Controller(SimEVController):
    """The peer's simulated vehicle; its contactor is the harness's pilot."""

    _charging = False

    async def enable_charging(self, enabled: bool) -> None:
        """Close or open the vehicle's contactor."""
        if enabled != self._charging:
            self._charging = enabled
            report("charging", on=enabled)


async def main() -> None:
    """Run the vehicle to the end of its session; it may also never end (the peer's own habit after a failure)."""
    comm_session_handler.EVCCCommunicationSession = Session
    comm_session_handler.UDPClient = Discovery
    comm_session_handler.TCPClient = TimedClient
    evcc_settings.RESUME_SESSION_ID = os.environ.get("VEHICLE_RESUMES") or None
    config = Config()
    config.load_envs()
    vehicle = await load_from_file(sys.argv[1])
    await EVCCHandler(
        evcc_config=vehicle, iface=config.iface, exi_codec=Codec(), ev_controller=Controller(vehicle)
    ).start()


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    asyncio.run(main())
