"""What a broker retains of a fleet's firmware: who is online, with which version, and how the last update stands."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

import aiomqtt

from gridkeel.update import refusals_text
from host_tools.contract import topics
from host_tools.contract.online import Said, document_of, is_online, said
from host_tools.errors import MissingError
from host_tools.mqtt.address import Broker
from host_tools.mqtt.connection_error import CONNECTION_ERRORS, why
from host_tools.mqtt.session import Session

_SETTLE_S = 1.0  # without a message: what is retained has arrived
_LONGEST_S = 30.0
_TEXT_MAX = 60
_TEXTS = {name: text for _code, name, text in refusals_text.CATALOGUE}
_FILTERS = tuple(f"{topics.PREFIX}/+/{leaf}" for leaf in (topics.STATUS, topics.BIRTH, topics.UPDATE))


@dataclass
class Updated:
    """One controller.  online: None where its status does not say; status, code: of its last update, "" for none.

    mark: another text for each `update` record.
    """

    device: str
    online: bool | None = None
    version: str = ""
    status: str = ""
    code: str = ""
    mark: str = ""

    @property
    def words(self) -> str:
        return words_of(self.code)


def words_of(code: str) -> str:
    """Return what a code of an `update` record says, "" where all is well."""
    return "" if code in ("", "ok") else _TEXTS.get(code, code)


class FleetUpdates:
    """Folds messages in, whatever they hold."""

    def __init__(self) -> None:
        self._of: dict[str, Updated] = {}
        self._statuses: dict[str, Said] = {}
        self._uplinks: dict[str, Said] = {}

    def take(self, topic: str, payload: bytes) -> None:
        document = document_of(payload) if payload else None
        uplink = topics.split_presence(topic)
        parts = topics.split(topic)
        if document is None:
            return
        if uplink is not None:
            self._uplinks[uplink] = said(document)
        elif parts is not None:
            self._take(*parts, document)

    def all(self) -> list[Updated]:
        """Return every controller, by name."""
        for level, status in self._statuses.items():
            self._of[level].online = is_online(status, self._uplinks)
        return sorted(self._of.values(), key=lambda one: one.device)

    def _take(self, level: str, leaf: str, document: dict[str, Any]) -> None:
        one = self._of.setdefault(level, Updated(level))
        device = document.get("device")
        if isinstance(device, str) and topics.level(device) == level:
            one.device = device
        if leaf == topics.STATUS:
            self._statuses[level] = said(document)
        elif leaf == topics.BIRTH:
            one.version = _text(document.get("firmware"))
        elif leaf == topics.UPDATE:
            one.status, one.code = _text(document.get("status")), _text(document.get("code"))
            one.mark = f"{document.get('boot')}:{document.get('sequence')}"


def look(broker: Broker) -> list[Updated]:
    """Return what the broker retains of every controller.  Errors: MissingError where it cannot be reached."""
    try:
        return asyncio.run(_look(broker))
    except CONNECTION_ERRORS as error:
        raise MissingError(why(broker, error)) from None


async def _look(broker: Broker) -> list[Updated]:
    fleet = FleetUpdates()
    arrived = asyncio.Event()

    def take(message: aiomqtt.Message) -> None:
        fleet.take(str(message.topic), message.payload if isinstance(message.payload, bytes) else b"")
        if message.retain:
            arrived.set()

    async with Session(
        broker, f"gridkeel-look-{secrets.token_hex(6)}", on_message=take, on_lost=arrived.set
    ) as session:
        for name in (topics.UPLINKS, *_FILTERS):
            await session.subscribe(name, qos=0)
        end_s = asyncio.get_running_loop().time() + _LONGEST_S
        while asyncio.get_running_loop().time() < end_s:
            arrived.clear()
            try:
                await asyncio.wait_for(arrived.wait(), _SETTLE_S)
            except TimeoutError:
                break
            session.check()
    return fleet.all()


def _text(value: object) -> str:
    """Return a text of the broker's short and printable, for a table."""
    text = value if isinstance(value, str) else ""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:_TEXT_MAX])
