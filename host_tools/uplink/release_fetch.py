"""Fetches a release from the broker, over a connection of its own: records and commands have no part of its load."""

from __future__ import annotations

import asyncio
import secrets

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from host_tools.contract import releases, topics
from host_tools.errors import ToolError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session

FETCH_S = 120.0
_HEAD_S = 5.0
_PIECES_S = 20.0
_AT_ONCE = 16  # pieces: 64 kB on the way at most
_QOS_1 = SubscribeOptions(qos=1)


class FetchError(ToolError):
    """A release that could not be fetched; the text says why."""


async def fetch(broker: Broker, name: str) -> bytes:
    """Return a release whose hash has been checked.  Errors: FetchError."""
    try:
        async with asyncio.timeout(FETCH_S):
            return await _Fetch(broker, name).run()
    except TimeoutError:
        raise FetchError(f"release {name} was not fetched within {FETCH_S:g} s") from None
    except CONNECTION_ERRORS as error:
        raise FetchError(f"release {name} could not be fetched: {why(broker, error)}") from None
    except ValueError as error:
        raise FetchError(f"release {name} is not used: {error}") from None


class _Fetch:
    def __init__(self, broker: Broker, name: str) -> None:
        self._name = name
        self._wanted: set[int] = set()
        self._parts: dict[int, bytes] = {}
        self._head: releases.Head | None = None
        self._changed = asyncio.Event()
        self._session = Session(
            broker, f"gridkeel-release-{secrets.token_hex(6)}", on_message=self._take, on_lost=self._changed.set
        )

    async def run(self) -> bytes:
        async with self._session:
            await self._get([0], _HEAD_S)
            head = self._head = releases.read_head(self._name, self._parts.pop(0))
            for first in range(1, head.pieces + 1, _AT_ONCE):
                await self._get(range(first, min(first + _AT_ONCE, head.pieces + 1)), _PIECES_S)
            return releases.joined(head, self._parts)

    async def _get(self, numbers: list[int] | range, timeout_s: float) -> None:
        self._wanted = set(numbers)
        names = [topics.release(self._name, number) for number in numbers]
        codes = await self._session.subscribe([(name, _QOS_1) for name in names])
        if any(isinstance(code, ReasonCode) and code.is_failure for code in codes):
            raise FetchError(f"the broker does not let this uplink read {names[0]}: check its access rules")
        try:
            async with asyncio.timeout(timeout_s):
                while self._wanted:
                    self._session.check()
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            missing = min(self._wanted)
            what = f"piece {missing} of release {self._name}" if missing else f"release {self._name}"
            raise FetchError(f"{what} is not at the broker") from None
        await self._session.unsubscribe(names)

    def _take(self, message: aiomqtt.Message) -> None:
        found = topics.split_release(str(message.topic))
        if found is None or found[0] != self._name or found[1] not in self._wanted:
            return
        payload = message.payload if isinstance(message.payload, bytes) else b""
        number = found[1]
        if not payload or (self._head is not None and len(payload) != self._head.piece_bytes(number)):
            return
        self._parts[number] = payload
        self._wanted.discard(number)
        self._changed.set()
