"""Settings of a twin."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.mqtt.address import Broker
from twin.engine.shard import DEVICES_MAX

NAME = "twin"
WINDOW = 8192  # records that the broker may send ahead of their commit
WAITING_MAX = 2 * WINDOW  # records that wait to be read: at 1 kB each, 16 MB
BATCH_MAX = 4096
SESSION_S = 7 * 86_400  # how long a broker keeps what comes while the twin is away


@dataclass(frozen=True)
class Settings:
    """name: of this twin at the broker, which keeps its records by it.  devices_max: controllers it takes.

    linger_s: how long records wait for others to be committed with.  told_s: between two reports of a battery on its
    topic, 0 for none.  report_s: between two lines of counters, 0 for none.
    """

    broker: Broker
    name: str = NAME
    devices_max: int = DEVICES_MAX
    linger_s: float = 0.05
    told_s: float = 10.0
    report_s: float = 60.0
    window: int = WINDOW
    waiting_max: int = WAITING_MAX
