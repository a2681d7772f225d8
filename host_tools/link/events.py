"""Events that HostLink reports to its caller, in the order in which they happened."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.errors import ToolError


@dataclass(frozen=True)
class Connected:
    """The link is open: records follow, commands go out."""

    device_id: str
    boot_id: int
    firmware: str
    table_is_ours: bool


@dataclass(frozen=True)
class Record:
    """One record, once, in order; acknowledge it when it is safe."""

    device_id: str
    boot_id: int
    sequence: int
    message: str
    values: dict[str, int]


@dataclass(frozen=True)
class Gap:
    """Records first..last of this boot the device had to drop before they got here."""

    device_id: str
    boot_id: int
    first: int
    last: int


@dataclass(frozen=True)
class Answered:
    """The end of a command: the answering record's message and values, or why there is none."""

    command_id: int
    message: str | None
    values: dict[str, int]
    error: ToolError | None


@dataclass(frozen=True)
class Asked:
    """A question of the device's, whole; HostLink.answer takes its number.  kind: of gridkeel.link.backend.KINDS."""

    device_id: str
    boot_id: int
    number: int
    kind: str
    data: bytes


@dataclass(frozen=True)
class Offered:
    """The end of a stream that HostLink.offer began.  code: of gridkeel.update.refusals, None: the device was lost.

    sent: bytes of it that went to the device, what had to be sent again included.
    """

    number: int
    code: int | None
    sent: int


@dataclass(frozen=True)
class Reset:
    """The device started again: what it held of the old boot is gone."""

    device_id: str
    boot_id: int
    new_boot_id: int


@dataclass(frozen=True)
class Lost:
    """Nothing was heard for the silence, or the line was closed."""

    device_id: str
    boot_id: int


@dataclass(frozen=True)
class Unusable:
    """A device that cannot be served, and the way out."""

    device_id: str
    boot_id: int
    error: ToolError


Event = Connected | Record | Gap | Answered | Asked | Offered | Reset | Lost | Unusable
