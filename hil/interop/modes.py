"""The ways a vehicle charges, as data: the EVCC's configuration and the charger's parameters."""

from __future__ import annotations

from dataclasses import dataclass

from hil.interop.operator_actions import NO_MORE_RECEIPTS, OTHER_PRICES, RECEIPTS, OperatorAction
from hil.plants.connector import ConnectorPlant
from hil.plants.dc_side import DcConfig
from hil.plants.vehicle import VehicleConfig
from host_tools.errors import ToolError

VEHICLE_TARGET_V = 500.0  # what the peer's simulated vehicle asks of a DC connector
AC_BASELINE_W = 6000  # over the 4,140 W of 6 A on three phases
AC_THREE, DC_EXTENDED = 2, 8  # of parameter iso15118_energy_modes
EXTERNAL, BOTH = 1, 3  # of parameter iso15118_payment
CHARGE_LOOPS = 10  # ChargingStatusReq or CurrentDemandReq of a session, the peer's own default


@dataclass(frozen=True)
class Mode:
    """One way to charge.

    name: how the command line calls it.  transfer: EnergyTransferMode of the vehicle.  tls, contract (Plug & Charge),
    installs (a contract certificate first), receipts (signed, for each meter reading), pauses (and comes again): what
    the session has.  during: what the operator does meanwhile.  shown: responses that must have come so often, for the
    session to be what its name says.
    """

    name: str
    title: str
    transfer: str
    tls: bool = False
    contract: bool = False
    installs: bool = False
    receipts: bool = False
    pauses: bool = False
    during: tuple[OperatorAction, ...] = ()
    shown: tuple[tuple[str, int], ...] = ()

    @property
    def at_peer(self) -> bool:
        """Whether the peer's own charger can do it too: it asks for no receipt, notifies nothing, joins no session."""
        return not (self.receipts or self.pauses or self.during)

    @property
    def is_dc(self) -> bool:
        """Whether the vehicle charges with direct current."""
        return self.transfer.startswith("DC")

    def vehicle_config(self) -> dict[str, object]:
        """Return the configuration file of the peer's EVCC."""
        return {
            "supportedProtocols": ["ISO_15118_2"],
            "supportedEnergyServices": ["DC" if self.is_dc else "AC"],
            "energyTransferMode": self.transfer,
            "useTls": self.tls,
            "enforceTls": self.tls,
            "isCertInstallNeeded": self.installs,
            "chargeLoopCycle": CHARGE_LOOPS,
        }

    def charger_parameters(self) -> dict[str, int]:
        """Return the parameters of the controller that differ from the default."""
        connector = (
            {"connector": 1, "iso15118_energy_modes": DC_EXTENDED}
            if self.is_dc
            else {"phases": 3, "iso15118_energy_modes": AC_THREE, "baseline_w": AC_BASELINE_W}
        )
        payment = BOTH if self.contract else EXTERNAL
        return {"evse": 2, "iso15118_payment": payment, **connector}

    def plant(self) -> ConnectorPlant:
        """Return a connector with a vehicle of this kind at it, not plugged in yet."""
        if self.is_dc:
            return ConnectorPlant(VehicleConfig(onboard=False), DcConfig(battery_v=VEHICLE_TARGET_V))
        return ConnectorPlant(VehicleConfig(phases=3))


_AC, _DC = "AC_three_phase_core", "DC_extended"

MODES = (
    Mode("ac-eim-tcp", "AC, external payment, TCP", _AC),
    Mode("ac-eim-tls", "AC, external payment, TLS", _AC, tls=True),
    Mode("ac-pnc", "AC, Plug & Charge", _AC, tls=True, contract=True),
    Mode("ac-pnc-install", "AC, Plug & Charge, certificate installation", _AC, tls=True, contract=True, installs=True),
    Mode(
        "ac-pnc-renegotiate",
        "AC, Plug & Charge, other prices on the way",
        _AC,
        tls=True,
        contract=True,
        during=(OTHER_PRICES,),
        shown=(("ChargeParameterDiscoveryRes", 2), ("PowerDeliveryRes", 4)),
    ),
    Mode(
        "ac-pnc-pause",
        "AC, Plug & Charge, paused and joined again",
        _AC,
        tls=True,
        contract=True,
        pauses=True,
        shown=(("SessionStopRes", 2),),
    ),
    Mode(
        "ac-pnc-receipt",
        "AC, Plug & Charge, signed meter readings",
        _AC,
        tls=True,
        contract=True,
        receipts=True,
        during=(RECEIPTS, NO_MORE_RECEIPTS),
        shown=(("MeteringReceiptRes", 3),),
    ),
    Mode("dc-eim", "DC, external payment, TLS", _DC, tls=True),
    Mode("dc-pnc", "DC, Plug & Charge", _DC, tls=True, contract=True),
)


def choose(names: str | None) -> list[Mode]:
    """Return the modes named, comma-separated; all of them for None.  Errors: ToolError naming an unknown one."""
    known = {mode.name: mode for mode in MODES}
    if names is None:
        return list(MODES)
    chosen = [name.strip() for name in names.split(",")]
    for name in chosen:
        if name not in known:
            raise ToolError(f"unknown mode {name!r}: one or more of {', '.join(known)}")
    return [known[name] for name in chosen]
