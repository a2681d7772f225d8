"""A fake charger for session tests: plug, pilot, a contactor that takes its time, isolation monitor, DC source.

It moves only in step(now_ms), and misbehaves where a test sets it to (resting, stuck, weld, isolation_end).
"""

from gridkeel import ticks
from gridkeel.v2g.iso2 import status

CONTACTOR_MS = 80
STUCK_MS = 200  # as evse.times.CONTACTOR_MS
ISOLATION_MS = 1200
VOLTS_A_S = 2000
NOMINAL_V = 230  # parameter nominal_v


class FakeCharger:
    """What a session sees and orders of `evse.charger.Charger`."""

    evse_id = "DE*GRK*E0001"

    def __init__(self, dc=False):
        self.dc = dc
        self.meter_id = "METER-1"
        self.energy_wh = 1234
        self.plugged = True
        self.plug_number = 1
        self.digital = self.may_begin = True
        self.asks = 0
        self.wants_power = False
        self._ready = True
        self._lapsed = False
        self.rcd = False
        self.contactor_closed = False
        self.three_phase = False
        self.max_current_a = 125 if dc else 32
        self.min_current_a = 0
        self.max_power_w = 50000 if dc else 7360
        self.offered_w = self.max_power_w
        self.voltage_v = 0
        self.current_a = 0
        self.authorized = 1
        self.stop_asked = False
        self.schedule = ()
        self.schedule_number = 0
        self.renegotiate_asked = False
        self.isolation = status.ISOLATION_UNKNOWN
        # how it fails
        self.resting = False  # it is not ordered to close yet, as after many openings
        self.stuck_open = False
        self.contactor_stuck = False
        self.stuck_closed = False
        self.weld_reported = True  # by the contactor's own clock
        self.isolation_end = status.ISOLATION_VALID
        # what the session set
        self.in_session = False
        self.broken = False
        self.allowed = False
        self.limits = None
        self.soc_pct = None
        self.profile = None
        self.target = (0, 0)
        self._moving_ms = None
        self._ordered_ms = None
        self._isolation_ms = None
        self._step_ms = None
        self._now_ms = 0

    @property
    def offered_current_a(self):
        phases = 3 if self.three_phase else 1
        return min(self.max_current_a, self.offered_w / NOMINAL_V / phases)

    @property
    def ready(self):
        return self._ready and not self._lapsed and not self.contactor_stuck

    @ready.setter
    def ready(self, on):
        self._ready = on

    @property
    def contactor_open(self):
        ordered = self.allowed and self.wants_power and not self.resting
        return not self.contactor_closed and not (self.stuck_open and ordered)

    @property
    def welded(self):
        return self.contactor_closed and not self.allowed and self.stuck_closed and self.weld_reported

    # --- what the session calls

    def asked(self):
        self.asks += 1

    def session(self, on, failed=False):
        self.in_session = on
        self.broken = failed
        if not on:
            self.allow(False)
            self.cable_check(False)
            self.target = (0, 0)

    def allow(self, on):
        self.allowed = on
        self._lapsed = False

    def set_vehicle_limits(self, max_w, max_v, max_a, departure_s, energy_wh):
        self.limits = (max_w, max_v, max_a, departure_s, energy_wh)
        self.renegotiate_asked = False

    def set_vehicle_identity(self, identity):
        self.identity = identity

    def set_vehicle_soc(self, pct):
        self.soc_pct = pct

    def set_charging_profile(self, entries):
        self.profile = entries

    def cable_check(self, on):
        self.isolation = status.ISOLATION_MEASURING if on else status.ISOLATION_UNKNOWN
        self._isolation_ms = self._now_ms if on else None

    def precharge(self, v, a):
        self.target = (v, 0)

    def dc_target(self, v, a):
        self.target = (v, a)

    def dc_stop(self):
        self.target = (0, 0)

    # --- what a test does

    def unplug(self):
        self.plugged = False
        self.wants_power = False

    def plug(self):
        self.plugged = True
        self.plug_number += 1

    def step(self, now_ms):
        passed_ms = 0 if self._step_ms is None else ticks.diff(now_ms, self._step_ms)
        self._step_ms = self._now_ms = now_ms
        if self.allowed and not self._ready:
            self.allowed = False
            self._lapsed = True
        self._move_contactor(now_ms)
        if self.isolation == status.ISOLATION_MEASURING and ticks.diff(now_ms, self._isolation_ms) >= ISOLATION_MS:
            self.isolation = self.isolation_end
        if self.dc:
            self._move_voltage(passed_ms)

    def _move_contactor(self, now_ms):
        wanted = self.allowed and self.wants_power and self.plugged and not self.resting
        if not self.stuck_open or not self.plugged:
            self.contactor_stuck = False
        elif wanted and not self.contactor_closed:
            self._ordered_ms = now_ms if self._ordered_ms is None else self._ordered_ms
            self.contactor_stuck = ticks.diff(now_ms, self._ordered_ms) >= STUCK_MS
            return
        self._ordered_ms = None
        if wanted == self.contactor_closed or (self.stuck_open if wanted else self.stuck_closed):
            self._moving_ms = None
        elif self._moving_ms is None:
            self._moving_ms = now_ms
        elif ticks.diff(now_ms, self._moving_ms) >= CONTACTOR_MS:
            self.contactor_closed = wanted
            self._moving_ms = None

    def _move_voltage(self, passed_ms):
        target_v, target_a = self.target if self.contactor_closed else (0, 0)
        step_v = VOLTS_A_S * passed_ms / 1000
        gap_v = target_v - self.voltage_v
        self.voltage_v += max(-step_v, min(step_v, gap_v))
        full_a = min(target_a, self.max_current_a, self.offered_w / target_v if target_v else 0)
        self.current_a = full_a if abs(gap_v) < 5 else 0
        self.energy_wh += int(self.voltage_v * self.current_a * passed_ms / 3600000)
