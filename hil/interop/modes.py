"""The ways a car charges, as data: what the car is told to want, and what the charger is told to offer."""

from __future__ import annotations

from dataclasses import dataclass

from host_tools.errors import ToolError

CHARGE_LOOPS = 10  # ChargingStatusReq or CurrentDemandReq of a session, the peer's own default


@dataclass(frozen=True)
class Mode:
    """One way to charge.

    name: how the command line calls it.  transfer: EnergyTransferMode of the car.  tls, contract (Plug & Charge),
    installs (a contract certificate first): what the session has.
    """

    name: str
    title: str
    transfer: str
    tls: bool = False
    contract: bool = False
    installs: bool = False

    @property
    def is_dc(self) -> bool:
        """Whether the car charges with direct current."""
        return self.transfer.startswith("DC")

    def car_config(self) -> dict[str, object]:
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


_AC, _DC = "AC_three_phase_core", "DC_extended"

MODES = (
    Mode("ac-eim-tcp", "AC, external payment, TCP", _AC),
    Mode("ac-eim-tls", "AC, external payment, TLS", _AC, tls=True),
    Mode("ac-pnc", "AC, Plug & Charge", _AC, tls=True, contract=True),
    Mode("ac-pnc-install", "AC, Plug & Charge, certificate installation", _AC, tls=True, contract=True, installs=True),
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
