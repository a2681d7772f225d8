"""What the Session adds to aiomqtt, against scripted and real brokers: reasons, credit, early ends, refusals."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiomqtt
import pytest

from host_tools.errors import MissingError, ToolError
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.broker import EmbeddedBroker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session

_CONNACK_RECEIVE_MAXIMUM_5 = bytes([0x20, 6, 0, 0, 3, 0x21, 0, 5])


def _against(script, talk):
    """Run `talk(url)` against a server that runs `script(reader, writer)` for each connection."""

    async def run():
        server = await asyncio.start_server(script, "127.0.0.1", 0)
        async with server:
            return await talk(f"mqtt://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    return asyncio.run(run())


def test_credit_is_what_the_broker_grants():
    async def script(reader, writer):
        await reader.read(1000)
        writer.write(_CONNACK_RECEIVE_MAXIMUM_5)
        await reader.read(1000)
        writer.close()

    async def talk(url):
        async with Session(broker_at(url), "s") as session:
            return session.credit

    assert _against(script, talk) == 5


def test_a_refused_publish_brings_its_reason():
    async def script(reader, writer):
        await reader.read(1000)
        writer.write(_CONNACK_RECEIVE_MAXIMUM_5)
        publish = await reader.read(1000)
        mid = publish[5:7]  # fixed header, topic of one letter, then the id
        writer.write(bytes([0x40, 4]) + mid + bytes([0x97, 0]))
        await writer.drain()
        writer.close()

    async def talk(url):
        async with Session(broker_at(url), "s") as session:
            reason = await session.send("t", b"payload")
            assert reason.is_failure
            lost = session.send("t", b"again")
            with pytest.raises(aiomqtt.MqttError, match=r"does not take t \(Quota exceeded\)"):
                await lost
            with pytest.raises(aiomqtt.MqttError):
                session.check()

    _against(script, talk)


@pytest.mark.parametrize("silent_s", [0.0, 0.1])
def test_a_connection_closed_before_the_answer_is_reported_at_once(silent_s: float):
    async def script(reader, writer):
        await reader.read(1000)
        await asyncio.sleep(silent_s)
        writer.close()

    async def talk(url):
        broker = broker_at(url)
        with pytest.raises(CONNECTION_ERRORS) as ended:
            async with Session(broker, "s"):
                pass
        return why(broker, ended.value)

    line = _against(script, talk)
    assert "closed before it accepted the connection" in line
    assert "\n" not in line


def test_publishes_in_flight_fail_when_the_broker_dies():
    with EmbeddedBroker() as broker:

        async def talk():
            lost = asyncio.Event()
            async with Session(broker_at(broker.url), "s", on_lost=lost.set) as session:
                assert not (await session.send("t", b"1")).is_failure
                broker.stop()
                await asyncio.wait_for(lost.wait(), 10)
                with pytest.raises(aiomqtt.MqttError):
                    await session.send("t", b"2")

        asyncio.run(talk())


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("localhost:1883", "is no broker address"),
        ("http://localhost", "is no broker address"),
        ("mqtt://", "is no broker address"),
        ("mqtt://host:99999", "Port out of range"),
        ("mqtt://user:secret@host", "keep the login out"),
        ("mqtt://host/path", "after the port"),
    ],
)
def test_broker_urls_are_checked(url: str, text: str):
    with pytest.raises(ToolError, match=text) as refused:
        broker_at(url)
    assert "secret" not in str(refused.value)


def test_keys_to_the_broker_are_checked(tmp_path: Path):
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nothing")
    empty = tmp_path / "empty"
    empty.write_text("")
    with pytest.raises(MissingError, match="--cafile .* no such file"):
        broker_at("mqtts://h", cafile=tmp_path / "none")
    with pytest.raises(ToolError, match="--cafile .* holds no certificate"):
        broker_at("mqtts://h", cafile=nonsense)
    with pytest.raises(ToolError, match="--certfile .* cannot be used"):
        broker_at("mqtts://h", certfile=nonsense, keyfile=nonsense)
    with pytest.raises(ToolError, match="--keyfile needs --certfile"):
        broker_at("mqtts://h", keyfile=nonsense)
    with pytest.raises(ToolError, match="certificates need TLS"):
        broker_at("mqtt://h", cafile=nonsense)
    with pytest.raises(ToolError, match="needs --username"):
        broker_at("mqtt://h", password_file=nonsense)
    with pytest.raises(MissingError, match="--password-file"):
        broker_at("mqtt://h", username="u", password_file=tmp_path / "none")
    with pytest.raises(ToolError, match="first line is empty"):
        broker_at("mqtt://h", username="u", password_file=empty)
    assert broker_at("mqtt://h", username="u", password_file=nonsense).password == "nothing"
