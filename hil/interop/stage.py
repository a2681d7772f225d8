"""A controller with the keys of one PKI, and a car of our own at its end of the cable, for trying refusals."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certs import v2g
from certs.v2g import Pki, defects
from hil.interop.charger import Charger
from hil.interop.desk import Desk
from hil.interop.modes import choose
from hil.interop.namespaces import CHARGER_INTERFACE, Cable, cable, inside, wait_for_address
from hil.interop.rawcar import Link
from hil.interop.talk import Contract

PLUG_S = 8.0
RECORD_S = 15.0  # a car that says nothing at all in its TLS handshake is waited for 10 s


@dataclass
class Stage:
    """charger and link: the two ends.  pki: whose contracts are good here.  scrap: for PKIs with a defect."""

    charger: Charger
    link: Link
    pki: Pki
    scrap: Path

    def contract(self, defect: str = "") -> Contract:
        """Return the good contract, or one with a defect of certs.v2g.defects."""
        if not defect:
            return Contract.of(self.pki)
        return Contract.of(defects.make(self.pki, self.scrap / defect, defect, "contract"))

    def plug(self) -> int:
        """Plug the car in; return the mark from which on the log is its."""
        mark = self.charger.desk.mark()
        self.charger.do("plug", "want", "silence")
        self.charger.desk.wait_for("telemetry", mark, PLUG_S, lambda record: record["pilot"] == "B")
        return mark

    def unplug(self) -> dict[str, Any]:
        """Pull the plug; return the record that shows the outlet without a car."""
        mark = self.charger.desk.mark()
        self.charger.do("silence", "unplug")
        return self.charger.desk.wait_for("telemetry", mark, PLUG_S, lambda record: record["pilot"] == "A")

    def log(self, mark: int) -> list[dict[str, Any]]:
        """Return the log from a mark on, once its session is over."""
        self.charger.desk.wait_for("handshake", mark, RECORD_S)
        return self.charger.desk.of("v2g", mark)


@contextlib.contextmanager
def ground() -> Iterator[Callable[..., contextlib.AbstractContextManager[Stage]]]:
    """Lay one cable and make one PKI; yield what sets a Stage up on them, for one set of parameters at a time."""
    with tempfile.TemporaryDirectory(prefix="gridkeel-refusals-") as name, cable() as ends:
        folder = Path(name)
        pki = v2g.make(folder / "pki")
        pki.revoke(pki.issue("contract", identity=REVOKED_EMAID))
        v2g.export_device(pki, folder / "board")
        v2g.export_peer(pki, folder / "car")
        yield lambda **options: _stage(ends, folder, pki, **options)


REVOKED_EMAID = "DE8AA007654321"
REVOKED = "contract-2"


@contextlib.contextmanager
def _stage(
    ends: Cable, folder: Path, pki: Pki, changes: dict[str, int] | None = None, told_time: bool = True
) -> Iterator[Stage]:
    (mode,) = choose("ac-pnc")
    desk = Desk() if told_time else Desk(unix_time=None)
    with inside(ends.charger), tempfile.TemporaryDirectory(dir=folder) as scrap:
        address = wait_for_address(CHARGER_INTERFACE)
        parameters = mode.charger_parameters() | (changes or {})
        link = Link(ends.car, folder / "car" / "iso15118_2" / "certs" / "v2gRootCACert.pem")
        with Charger(address, parameters, mode.plant(), folder / "board", desk) as charger:
            yield Stage(charger, link, pki, Path(scrap))
