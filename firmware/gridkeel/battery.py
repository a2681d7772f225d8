"""The record `battery`: what an estimator at the other end of MQTT needs to know of the vehicle's battery."""

from gridkeel import TYPE_CHECKING, evse, limits
from gridkeel.evse import ports
from gridkeel.evse.meter import Meter

if TYPE_CHECKING:
    from gridkeel.controller import Controller

_NONE = 0  # of evse.names.SOURCES
_INVERTER = 1
_VEHICLE = 2

_UNKNOWN_LONG = -0x80000000  # the least of a field of 4 bytes, and of 2: null to who reads it as JSON
_UNKNOWN_SHORT = -0x8000


class Battery:
    """Counters since the start, and means since the last record.  Not part of the control path.

    Energy is that of the delivered power; charge, voltage and current are those that a DC connector measures while its
    contactor is closed, or else those of the inverter's DC port. No source tells the battery's temperature yet.
    """

    def __init__(self, controller: "Controller") -> None:
        self._controller = controller
        self._counters = (Meter(), Meter(), Meter(), Meter())  # energy in and out, charge in and out
        self._sums = [0, 0, 0]  # W, mV, mA
        self._powers = 0  # how many the first is a sum of
        self._currents = 0  # and the others

    def count(self, now_ms: int) -> None:
        """Take power and direct current as they are now; called at least once a second."""
        energy_in, energy_out, charge_in, charge_out = self._counters
        power_w = self._controller.power_w
        if power_w == limits.UNKNOWN:
            power_w = 0
        else:
            self._sums[0] += power_w
            self._powers += 1
        energy_in.update(power_w, now_ms)
        energy_out.update(-power_w, now_ms)
        ma = 0
        connector = self._controller.connector
        driver = self._controller.inverter
        if connector is not None and self._controller.parameters.connector == evse.DC:
            if connector.contactor.closed():
                ma = self._add(connector.levels[ports.DC_MV], connector.levels[ports.DC_MA])
        elif driver.direct_age(now_ms) <= self._controller.parameters.soc_stale_ms:
            ma = self._add(driver.dc_mv, driver.dc_ma)
        charge_in.update(ma, now_ms)
        charge_out.update(-ma, now_ms)

    def _add(self, mv, ma):
        self._sums[1] += mv
        self._sums[2] += ma
        self._currents += 1
        return ma

    def record(self, uptime_ms: int, now_ms: int) -> tuple:
        """Return the values of the record, in the order of its row, and begin the next means."""
        connector = self._controller.connector
        driver = self._controller.inverter
        soc_pct_x100 = driver.soc_pct_x100
        if driver.soc_age(now_ms) > self._controller.parameters.soc_stale_ms:
            soc_pct_x100 = -1
        source = _INVERTER
        if connector is not None and connector.demand.soc_pct_x100 >= 0:  # the order of the envelope
            soc_pct_x100 = connector.demand.soc_pct_x100
            source = _VEHICLE
        if soc_pct_x100 < 0:
            soc_pct_x100 = _UNKNOWN_SHORT
            source = _NONE
        here = connector is not None and connector.pilot.plugged()
        power_w, mv, ma = self._sums
        powers = self._powers
        currents = self._currents
        self._sums = [0, 0, 0]
        self._powers = self._currents = 0
        energy_in, energy_out, charge_in, charge_out = self._counters
        return (
            uptime_ms,
            connector.plug_number if here else 0,
            connector.vehicle_id if here else 0,
            soc_pct_x100,
            source,
            mv // currents if currents else _UNKNOWN_LONG,
            ma // currents if currents else _UNKNOWN_LONG,
            energy_in.energy_wh,
            energy_out.energy_wh,
            charge_in.energy_wh,
            charge_out.energy_wh,
            _UNKNOWN_SHORT,
            _NONE,
            power_w // powers if powers else _UNKNOWN_LONG,
        )
