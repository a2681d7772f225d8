"""A device-side script as the charger at one end of a cable, its vehicle's namespace at the other."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from namespace_needs import need

from certs import v2g
from certs.v2g import Pki
from hil.interop.namespaces import CHARGER_INTERFACE, Cable, cable, inside, wait_for_address
from host_tools.micropython.interpreter import HEAP_BYTES, argv

FIRMWARE = Path(__file__).parents[2] / "firmware"


class AtCable(NamedTuple):
    """process: the script's, with pipes.  vehicle: folder of what the vehicle trusts and owns."""

    process: subprocess.Popen[str]
    ends: Cable
    pki: Pki
    vehicle: Path


@contextmanager
def guest_at_cable(folder: Path, script: Path, *arguments: str, heap_bytes: int = HEAP_BYTES) -> Iterator[AtCable]:
    """Run the script with the folder of the charger's certificates and the arguments; kill it at the end."""
    need(java=False)
    pki = v2g.make(folder / "pki")
    v2g.export_device(pki, folder / "board")
    v2g.export_peer(pki, folder / "vehicle")
    with cable() as ends:
        with inside(ends.charger):
            environment = dict(
                os.environ,
                GRIDKEEL_V2G_INTERFACE=wait_for_address(CHARGER_INTERFACE),
                MICROPYPATH=f"{FIRMWARE}:.frozen",
            )
            process = subprocess.Popen(
                argv(script, (f"{folder / 'board'}/", *arguments), heap_bytes=heap_bytes),
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        try:
            yield AtCable(process, ends, pki, folder / "vehicle" / "iso15118_2")
        finally:
            process.kill()
            process.communicate()
