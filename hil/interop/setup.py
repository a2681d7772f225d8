"""A controller with the keys of one PKI, and a vehicle of our own at its end of the cable, for trying refusals."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from certs import v2g
from certs.v2g import Pki, defects
from gridkeel.evse import duty
from hil.interop.charger import Charger
from hil.interop.direct_host import DirectHost
from hil.interop.modes import choose
from hil.interop.namespaces import CHARGER_INTERFACE, cable, inside, wait_for_address
from hil.interop.raw_vehicle import Link
from hil.interop.refusal_row import Contactor
from hil.interop.unplugged import UNPLUGGED_S
from hil.scripted_vehicle.messages import Contract
from hil.virtual_board.flash import FIRMWARE
from host_tools.errors import ToolError

PLUG_S = 8.0
OPEN_S = 3.5  # the longest a contactor may wait for the vehicle to end its current is 3 s
WATCH_S = 0.3  # it must then stay open, whatever the vehicle's S2 says
LOOK_S = 0.005


@dataclass
class Setup:
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

    def plug(self) -> None:
        """Plug the vehicle in; returns when the pilot announces digital communication."""
        self.charger.do("plug", "want", "silence")
        self._await_duty(duty.DIGITAL)

    def unplug(self) -> None:
        """Pull the plug; returns when the PWM is steady again."""
        self.charger.do("silence", "unplug")
        time.sleep(UNPLUGGED_S)
        self._await_duty(duty.STEADY)

    def contactor_since(self, start_s: float, answered_s: float) -> Contactor:
        """Watch the plant's contactor behind an answer, the vehicle's S2 closed; start_s: where to look from."""
        plant = self.charger.connector
        was_closed = any(closed for at_s, closed in self.charger.moves if at_s > start_s)
        self.charger.do("communicate")
        due_s = time.monotonic() + (OPEN_S if was_closed else 0.0)
        while plant.contactor.closed and time.monotonic() < due_s:
            time.sleep(LOOK_S)
        time.sleep(WATCH_S)
        if plant.contactor.closed:
            return Contactor(was_closed, None)
        opened_s = [at_s for at_s, closed in self.charger.moves if at_s > start_s and not closed]
        return Contactor(was_closed, (opened_s[-1] - answered_s) * 1000 if opened_s else 0.0)

    def _await_duty(self, permille: int) -> None:
        due_s = time.monotonic() + PLUG_S
        while self.charger.connector.orders.duty_permille != permille:
            if time.monotonic() > due_s:
                self.charger.check()
                raise ToolError(f"the controller's pilot does not come to {permille / 10:g} % within {PLUG_S:g} s")
            time.sleep(LOOK_S)


REVOKED_EMAID = "DE8AA007654321"
REVOKED = "contract-2"

MakeSetup = Callable[..., contextlib.AbstractContextManager[Setup]]


@contextlib.contextmanager
def setups(firmware: Path = FIRMWARE) -> Iterator[MakeSetup]:
    """Make one PKI; yield what lays a cable and sets a Setup up on it, for one set of parameters each."""
    with _ahead_of_others(), tempfile.TemporaryDirectory(prefix="gridkeel-refusals-") as name:
        folder = Path(name)
        pki = v2g.make(folder / "pki")
        pki.revoke(pki.issue("contract", identity=REVOKED_EMAID))
        v2g.export_device(pki, folder / "board")
        v2g.export_peer(pki, folder / "vehicle")
        yield lambda **options: _setup(folder, pki, firmware, **options)


@contextlib.contextmanager
def _ahead_of_others() -> Iterator[None]:
    """A controller shares its processor with no desktop: board, plants and mains run before whatever else does."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        with contextlib.suppress(PermissionError):  # a container's root may not; the verdict takes care of it
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        yield
    finally:
        os.sched_setscheduler(0, *before)


@contextlib.contextmanager
def _setup(
    folder: Path, pki: Pki, firmware: Path, changes: dict[str, int] | None = None, clock_set: bool = True
) -> Iterator[Setup]:
    (mode,) = choose("ac-pnc")
    host = DirectHost() if clock_set else DirectHost(unix_time=None)
    with cable() as ends, inside(ends.charger), tempfile.TemporaryDirectory(dir=folder) as scrap:
        address = wait_for_address(CHARGER_INTERFACE)
        parameters = mode.charger_parameters() | (changes or {})
        link = Link(ends.vehicle, folder / "vehicle" / "iso15118_2" / "certs" / "v2gRootCACert.pem")
        with Charger(
            address,
            parameters,
            mode.plant(),
            folder / "board",
            host,
            firmware=firmware,
        ) as charger:
            yield Setup(charger, link, pki, Path(scrap))
