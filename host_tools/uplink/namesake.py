"""Look-up of another uplink that is online by the same name, made before a lost connection is made again.

Not every broker says why it ended a connection (mosquitto 2.0.11 and rumqttd just close it), and rumqttd publishes the
will of whoever comes, not of whoever goes.  So who was pushed out asks under another client identifier, which pushes
nobody out, before it takes the name again.
"""

from __future__ import annotations

import asyncio
import contextlib

from host_tools.contract import topics
from host_tools.contract.online import document_of, said
from host_tools.mqtt.address import Broker
from host_tools.mqtt.session import Session

_LOOK_S = 1.0  # for a retained presence to come; a broker that has none sends nothing


async def run_online(broker: Broker, name: str, own_run: str) -> str | None:
    """Return the `run` of the uplink that is online by this name, None where none is.  Errors: CONNECTION_ERRORS."""
    found: asyncio.Queue[bytes] = asyncio.Queue()
    session = Session(
        broker,
        f"gridkeel-uplink-{topics.level(name)}-{own_run}",
        on_message=lambda message: found.put_nowait(message.payload if isinstance(message.payload, bytes) else b""),
    )
    async with session:
        await session.subscribe(topics.presence(name), qos=1)
        with contextlib.suppress(TimeoutError):
            document = document_of(await asyncio.wait_for(found.get(), _LOOK_S))
            presence = None if document is None else said(document)
            if presence is not None and presence.online:
                return presence.run
    return None
