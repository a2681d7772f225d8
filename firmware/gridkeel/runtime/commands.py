"""Handlers of the host's commands: what each does to the controller, and its result."""

from gridkeel import TYPE_CHECKING, clock, errors, evse, params
from gridkeel.errors import ParameterError
from gridkeel.link import ids, message_ids

if TYPE_CHECKING:
    from gridkeel.controller import Controller
    from gridkeel.link.device import DeviceLink
    from gridkeel.reports import Reports
    from gridkeel.runtime.config import Config
    from gridkeel.runtime.health import Health

OK = 0
UNKNOWN = 1
OUT_OF_RANGE = 2
REFUSED = 3


class Commands:
    """One handler a command of the message table; it returns an index of ids.RESULTS, None where it has answered."""

    def __init__(
        self,
        config: "Config",
        controller: "Controller",
        link: "DeviceLink",
        health: "Health",
        wall_clock: "clock.WallClock",
        reports: "Reports",
    ) -> None:
        self._config = config
        self._clock = wall_clock
        self._controller = controller
        self._link = link
        self._health = health
        self._reports = reports
        self.held = False  # by an image on trial
        self.stopped = False  # by the host
        self._handlers = {
            message_ids.SETPOINT: self._setpoint,
            message_ids.PARAM_SET: self._param_set,
            message_ids.PARAM_GET: self._param_get,
            message_ids.MODE: self._mode,
            message_ids.DEPARTURE: self._departure,
            message_ids.REGULATION: self._regulation,
            message_ids.DEMAND_RESPONSE: self._demand_response,
            message_ids.PLAN: self._plan,
            message_ids.PLAN_PRICES: self._plan_prices,
            message_ids.TIME: self._time,
            message_ids.ACCESS: self._access,
            message_ids.TELEMETRY_RATE: self._telemetry_rate,
        }

    def hold(self, held: bool) -> None:
        """Refuse the mode "auto" while an image is on trial."""
        self.held = held

    def carry_out(self, message: int, values: list | tuple, now_ms: int) -> None:
        """Run one command (values in the order of its row) and answer it."""
        handler = self._handlers.get(message)
        result = handler(values, now_ms) if handler else UNKNOWN
        if result is not None:
            self._link.answer(values[0], result)

    def _setpoint(self, values: list | tuple, now_ms: int) -> int:
        _command, power_w, lifetime_ms = values
        return OK if self._controller.setpoint.set(power_w, lifetime_ms, now_ms) else OUT_OF_RANGE

    def _param_set(self, values: list | tuple, now_ms: int) -> int:
        _command, index, value = values
        if index >= len(params.NAMES):
            return UNKNOWN
        try:
            return OK if self._config.set(params.NAMES[index], value) else REFUSED
        except ParameterError:
            return OUT_OF_RANGE

    def _param_get(self, values: list | tuple, now_ms: int) -> int | None:
        command, index = values
        if index >= len(params.NAMES):
            return UNKNOWN
        value = getattr(self._controller.parameters, params.NAMES[index])
        self._link.post(message_ids.PARAMETER, (self._health.uptime_ms, command, index, value))
        return None

    def _mode(self, values: list | tuple, now_ms: int) -> int:
        _command, mode = values
        if mode >= len(ids.MODES):
            return OUT_OF_RANGE
        auto = ids.MODES[mode] == "auto"
        if auto and (self._config.code or self.held):
            return REFUSED  # no power on parameters that nobody chose, nor by an image that nobody judged
        self.stopped = not auto
        self._controller.protection.allow(auto)
        return OK

    def _regulation(self, values: list | tuple, now_ms: int) -> int:
        _command, share_pct_x100 = values
        return OK if self._controller.services.regulation.signal(share_pct_x100, now_ms) else OUT_OF_RANGE

    def _demand_response(self, values: list | tuple, now_ms: int) -> int:
        _command, kind, start_in_s, duration_s, depth_w, recovery_s = values
        event = self._controller.services.event
        return OK if event.take(kind, start_in_s, duration_s, depth_w, recovery_s, now_ms) else REFUSED

    def _plan(self, values: list | tuple, now_ms: int) -> int:
        _command, number, slot_s, slots, start_in_s, charge_to, discharge_from = values
        plan = self._controller.services.plan
        return OK if plan.begin(number, slot_s, slots, start_in_s, charge_to, discharge_from, now_ms) else OUT_OF_RANGE

    def _plan_prices(self, values: list | tuple, now_ms: int) -> int:
        return OK if self._controller.services.plan.put(values[1], values[2], values[3:]) else REFUSED

    def _access(self, values: list | tuple, now_ms: int) -> int:
        connector = self._controller.connector
        if values[1] >= len(evse.ACCESS):
            return OUT_OF_RANGE
        # Without a vehicle there is nobody whom it could be for.
        if connector is None or not connector.pilot.plugged():
            return REFUSED
        connector.grant(values[1])
        return OK

    def _departure(self, values: list | tuple, now_ms: int) -> int:
        _command, in_s, soc_pct_x100 = values
        return OK if self._controller.envelope.departure.set(in_s, soc_pct_x100, now_ms) else OUT_OF_RANGE

    def _telemetry_rate(self, values: list | tuple, now_ms: int) -> int:
        _command, telemetry_ms, battery_ms, lifetime_ms = values
        return OK if self._reports.ask(telemetry_ms, battery_ms, lifetime_ms, now_ms) else OUT_OF_RANGE

    def _time(self, values: list | tuple, now_ms: int) -> int:
        _command, unix_s, ms = values
        result = self._clock.synchronise(unix_s, ms, now_ms)
        self._controller.faults.set(errors.HOST_TIME, result != clock.TAKEN, self._clock.offset_s)
        if result == clock.TAKEN:
            self._controller.synchronise(unix_s, ms, now_ms)
            return OK
        return REFUSED if result == clock.JUMPED else OUT_OF_RANGE
