"""Set-up of a board before it is powered: flash and environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hil.scripted_vehicle.vehicle import VirtualVehicle


@dataclass(frozen=True)
class BoardSetup:
    """Contents of a board's flash and its environment; a real board keeps what it has.

    parameters: its config.json, None to keep what the flash holds.  flash: a folder that persists, None for a fresh
    one.  reflash: put the firmware there anew.  pki: folder of `gridkeel pki export --device`.

    In real time: slots: the firmware is an image in the first of two slots, and takes updates.  v2g_interface,
    "fe80::1%eth1", is the network it serves vehicles on.  probe_heap: report its heap.
    In lock step: boot_id, and `vehicle`, which talks to it in virtual time.
    """

    parameters: Mapping[str, int] | None = None
    flash: Path | None = None
    reflash: bool = False
    pki: Path | None = None
    slots: bool = False
    v2g_interface: str = ""
    probe_heap: bool = False
    boot_id: int = 1
    vehicle: VirtualVehicle | None = None
