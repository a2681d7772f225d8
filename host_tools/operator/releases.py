"""Puts releases on the broker for the whole fleet, and takes them from it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from typing import Any, TypeVar

import aiomqtt

from host_tools.contract import releases, topics
from host_tools.errors import MissingError, ToolError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session

T = TypeVar("T")
_TAKES_S = 10.0  # for a broker to take a publish
_SETTLE_S = 1.0  # for what the broker retains to arrive


def publish(broker: Broker, data: bytes) -> str:
    """Publish a release, retained, and return its name; again does no harm.

    Errors: ToolError for a size no release may have, MissingError where the broker cannot be reached or refuses it.
    """
    try:
        messages = releases.messages(data)
    except ValueError as error:
        raise ToolError(str(error)) from None
    _run(broker, _publish(broker, messages))
    return releases.name_of(data)


def withdraw(broker: Broker, name: str) -> int:
    """Remove what the broker retains of a release; return how many pieces that was.

    Errors: ToolError for what is no name or where nothing is retained, MissingError where the broker cannot be reached.
    """
    if not releases.NAME.fullmatch(name):
        raise ToolError(f"{name!a} is no name of a release: {releases.NAME_DIGITS} hexadecimal digits")
    found = _run(broker, _withdraw(broker, name))
    if not found:
        raise ToolError(f"the broker has no release {name}")
    return found


def _run(broker: Broker, work: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(work)
    except CONNECTION_ERRORS as error:
        raise MissingError(why(broker, error)) from None


async def _publish(broker: Broker, messages: list[tuple[str, bytes]]) -> None:
    async with Session(broker, f"gridkeel-publish-{secrets.token_hex(6)}") as session:
        for topic, payload in messages:
            await _retain(session, topic, payload)


async def _withdraw(broker: Broker, name: str) -> int:
    found: set[str] = set()
    arrived = asyncio.Event()

    def take(message: aiomqtt.Message) -> None:
        if message.payload:
            found.add(str(message.topic))
            arrived.set()

    async with Session(broker, f"gridkeel-publish-{secrets.token_hex(6)}", on_message=take) as session:
        await session.subscribe(topics.release(name, "+"), qos=1)
        try:
            while True:
                arrived.clear()
                await asyncio.wait_for(arrived.wait(), _SETTLE_S)
        except TimeoutError:
            pass
        kept = sorted(found)  # the head, 0, comes first: nobody begins with what goes
        for topic in kept:
            await _retain(session, topic, b"")
    return len(kept) - (topics.release(name, 0) in kept)


async def _retain(session: Session, topic: str, payload: bytes) -> None:
    async with asyncio.timeout(_TAKES_S):
        code = await session.send(topic, payload, retain=True)
    if code.is_failure:
        raise MissingError(f"the broker does not take {topic} ({code}): check its access rules")
    if not session.limits.retain:
        raise MissingError(f"broker {session.name} keeps no retained messages: it cannot hold a release")
