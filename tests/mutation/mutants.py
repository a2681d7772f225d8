"""The mutants: one small defect each, as a replacement of text that stands exactly once in its file."""

from __future__ import annotations

from typing import NamedTuple

from mutants_crypto import CRYPTO


class Mutant(NamedTuple):
    """`old` becomes `new` in <file>; tests: the test files that must notice.

    A file is one of the firmware (services/droop.py), or of the fleet model (hil/fleet/droop.py).
    """

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def of_the_fleet(self) -> bool:
        return self.file.startswith("hil/")

    @property
    def path(self) -> str:
        """The file, from the root of the checkout."""
        return self.file if self.of_the_fleet else f"firmware/gridkeel/{self.file}"

    @property
    def title(self) -> str:
        return f"{self.file}: {self.old.strip()!r} -> {self.new.strip()!r}"


DROOP_TESTS = ("test_services", "test_profiles")
TRIP_TESTS = ("test_services", "test_services_ride_through", "test_services_arbiter")
ARBITER_TESTS = ("test_services_arbiter",)
ENVELOPE_TESTS = ("test_envelope",)
CLOCK_TESTS = ("test_clock",)
SAMPLE_CLOCK_TESTS = ("test_sensing_sample_clock",)
REACTIVE_TESTS = ("test_services_reactive",)
ACTIVE_WIRE_TESTS = ("test_sunspec_driver", "test_sunspec_faults", "test_sunspec_settings")
REACTIVE_WIRE_TESTS = ("test_sunspec_reactive", "test_temperature")
RESERVE_TESTS = ("test_services_fast_reserve", "test_services_arbiter")


def _of(file: str, tests: tuple[str, ...], *pairs: tuple[str, str]) -> list[Mutant]:
    return [Mutant(file, old, new, tests) for old, new in pairs]


DROOP = [
    *_of(
        "services/droop.py",
        DROOP_TESTS,
        ("return -share_of(", "return share_of("),
        ("over = deviation_uhz >= 0", "over = deviation_uhz <= 0"),
        ("deviation_uhz, p.charge_max_w)", "deviation_uhz, p.discharge_max_w)"),
        ("apart > switch_uhz or apart < -switch_uhz", "apart > switch_uhz"),
        ("freq_uhz = mains.freq_short_uhz\n", "freq_uhz = mains.freq_uhz\n"),
        ("if not mains.quality & UNUSABLE:", "if mains.quality >= 0:"),
        ("curve[2] = p.droop_deadband_mhz + p.droop_span_mhz", "curve[2] = p.droop_span_mhz"),
        ("row[profiles.OVER] if over else row[profiles.UNDER]", "row[profiles.UNDER] if over else row[profiles.OVER]"),
        ("rest_ms = response_ms - self._p.response_latency_ms", "rest_ms = response_ms + self._p.response_latency_ms"),
        ("if power_w > self._p.droop_charge_max_w:", "if power_w > self._p.droop_discharge_max_w:"),
        ("return -self._p.droop_discharge_max_w", "return -self._p.droop_charge_max_w"),
        ("min(held_uhz, deviation_uhz + slack_uhz)", "min(held_uhz, deviation_uhz)"),
        ("max(held_uhz, deviation_uhz - slack_uhz)", "max(held_uhz, deviation_uhz)"),
        ("self.target_w != 0 or self.power_w != 0", "self.target_w != 0"),
    ),
    *_of(
        "services/curve.py",
        DROOP_TESTS,
        ("x <= curve[0] * 1000", "x <= curve[0] * 999"),
        ("past = x - curve[at - 2] * 1000", "past = x"),
        ("(curve[at] - curve[at - 2])", "curve[at]"),
        ("rise * (past - whole * 1000) // 1000", "0"),
        ("return scale * curve[2 * points - 1] // 10000", "return scale * curve[1] // 10000"),
    ),
    *_of(
        "services/lag.py",
        DROOP_TESTS,
        ("_LN10_X100 = 230", "_LN10_X100 = 100"),
        ("_LN10_X100 = 230", "_LN10_X100 = 300"),
        ("return step or 1", "return step"),
        ("(self._mw + 500) // 1000", "self._mw // 1000"),
    ),
    *_of(
        "services/profiles.py",
        ("test_profiles", "test_services_arbiter"),
        ("_1547_DEFAULT = _line(36, 3000)", "_1547_DEFAULT = _line(36, 2500)"),
        ("_DC = (15, 0, 200, 500, 500, FULL)", "_DC = (15, 0, 200, 1000, 500, FULL)"),
        ('("fcr-ce", 50, _FCR_CE, _FCR_CE, 15000, ADDED', '("fcr-ce", 50, _FCR_CE, _FCR_CE, 15000, FROZEN'),
        (
            '_1547_DEFAULT, _1547_DEFAULT, 5000, FROZEN, _UL, ""),\n    ("ieee1547-cat2"',
            '_1547_DEFAULT, _1547_DEFAULT, 10000, FROZEN, _UL, ""),\n    ("ieee1547-cat2"',
        ),
    ),
]

TRIPS = [
    *_of(
        "services/ride_through.py",
        TRIP_TESTS,
        ("return mhz < limit if", "return mhz <= limit if"),
        ("else mhz > limit", "else mhz >= limit"),
        (">= self._clock_ms(fault", "> self._clock_ms(fault"),
        ("mains.voltage_mv > self._p.nominal_v * limit", "mains.voltage_mv >= self._p.nominal_v * limit"),
        ("mains.voltage_mv < self._p.nominal_v * limit", "mains.voltage_mv <= self._p.nominal_v * limit"),
        ("mains.cycle_mv < self._p.nominal_v * limit", "mains.cycle_mv < self._p.nominal_v * limit // 2"),
        ("            return was\n", "            return False\n"),
        ("                self._passed[k] = 0\n                continue", "                continue"),
        ("            if not was:\n", "            if True:\n"),
        ("clock_ms -= latency_ms + self", "clock_ms -= self"),
        ("clock_ms -= latency_ms >> 1", "clock_ms -= latency_ms"),
        ("33 + clock_ms // 500", "33 + clock_ms // 50"),
        ("(errors.OVER_FREQUENCY, 61200, 300000)", "(errors.OVER_FREQUENCY, 61200, 298000)"),
        ("(errors.UNDER_FREQUENCY, 56500, 160)", "(errors.UNDER_FREQUENCY, 56500, 1600)"),
        ("errors.UNDER_VOLTAGE, 880, 21000", "errors.UNDER_VOLTAGE, 880, 12000"),
        ("clock_ms + self._spread.of(self._p.trip_spread_ms) if frequency else clock_ms", "clock_ms"),
        ("trips[7] = p.trip_under_mhz", "trips[7] = p.trip_over_mhz"),
        ("if self._revision != self._p.revision:", "if self._revision < 0:"),
        ("self._since[k] = now_ms", "self._since[k] = 0"),
    ),
    *_of(
        "services/protection.py",
        TRIP_TESTS,
        ("rocof > limit or rocof < -limit", "rocof > limit"),
        ("clock_ms = self._p.trip_rocof_ms + ", "clock_ms = 2 * self._p.trip_rocof_ms + "),
        ("if passed and not self._rocof_passed:", "if passed:"),
        ("cycle_mv < self._share_mv(row[", "cycle_mv <= self._share_mv(row["),
        ("cycle_mv > self._share_mv(high_pct)", "cycle_mv >= self._share_mv(high_pct)"),
        ("if high_pct and cycle_mv >", "if cycle_mv >"),
        ("elif not mains.quality & UNUSABLE:\n            self.state = RUN", "else:\n            self.state = RUN"),
        (">= self._delay_ms():", "> self._delay_ms():"),
        ("            self._window_since = now_ms\n", "            pass\n"),
        ("if self._enters():\n", "if not self._enters():\n"),
        ("<= mains.voltage_mv <= self._share_mv(self._p.return_high_pct)", "<= mains.voltage_mv"),
        ("return low_mhz <= mains", "return low_mhz < mains"),
        ("self.state = CEASED if self.trip else SAFE", "self.state = SAFE"),
        ("0 if self._enters() else RAMP_DONE", "RAMP_DONE"),
        ("0 if self._enters() else RAMP_DONE", "0"),
        ("return self.trip or self._p.enter_at_start", "return self.trip"),
        ("self.spread.of(min(self._p.return_spread_ms, delay_ms))", "0"),
        ("        if not self.enabled:\n            self.state = SAFE\n        elif", "        if"),
    ),
    *_of(
        "services/spread.py",
        TRIP_TESTS,
        ("if not self._p.stagger:", "if self._p.stagger:"),
        ("(window_ms >> 10) * self.share +", ""),
        ("& (SHARES - 1)", "& 15"),
    ),
]

ARBITER = [
    *_of(
        "services/arbiter.py",
        ARBITER_TESTS,
        ("if need_w > 0 and need_w > target_w:", "if need_w > target_w:"),
        ("if need_w > 0 and need_w > target_w:", "if need_w > 0:"),
        ("self.base_w + self.primary_w\n", "self.base_w - self.primary_w\n"),
        ("self._s.droop.power_w + self._s.fast_reserve.power_w", "self._s.droop.power_w"),
        ("            target_w = s.setpoint.power_w", "            pass"),
        ("            target_w = s.event.power_w", "            pass"),
        ("            target_w = s.plan.power_w", "            pass"),
        ("if droop.active and droop.freezes:", "if droop.active:"),
        ("if droop.active and droop.freezes:", "if False:"),
        ("if self.level == SECONDARY:", "if self.level >= SECONDARY:"),
        ("            self.ramp.reset()\n", "            pass\n"),
        ("max(self._p.power_max_w, self.base_w)", "self._p.power_max_w"),
        ("self.wish_w < self._p.power_min_w and", "self.wish_w < -self._p.power_min_w and"),
        ("most_w if self.wish_w > 0 else -most_w", "most_w"),
        ("self.level = PROTECTION if protection.enabled else SAFETY", "self.level = PROTECTION"),
        ("        self.wish_w = 0\n        self.primary_w = 0\n", "        self.primary_w = 0\n"),
        ("limits.BLOCKED if protection.state == BLOCKED else limits.CEASED", "limits.CEASED"),
    ),
    *_of(
        "services/bundle.py",
        ARBITER_TESTS,
        ("            self.droop.reset()\n", "            pass\n"),
        ("            self.fast_reserve.cut()\n", "            pass\n"),
    ),
]

ENVELOPE = [
    *_of(
        "envelope.py",
        ENVELOPE_TESTS,
        ("if most_w < self.charge_w:", "if most_w > self.charge_w:"),
        ("if most_w < self.discharge_w:", "if most_w > self.discharge_w:"),
        ("elif wish_w < -self.discharge_w:", "elif wish_w < self.discharge_w:"),
        ("self.allowed_w = -self.discharge_w", "self.allowed_w = self.discharge_w"),
        ("if soc <= self._floor:", "if soc < self._floor:"),
        ("if soc >= full:", "if soc > full:"),
        ("elif soc >= self._floor + SOC_HYSTERESIS_PCT_X100:", "elif soc > self._floor:"),
        ("if soc < 0:\n            # An", "if soc < -1:\n            # An"),
        ("if soc_fresh else -1", "if soc_fresh else inverter.soc_pct_x100"),
        ("if not p.v2g_enable:", "if p.v2g_enable:"),
        ("max(soc - self._floor, 0)) * p.efficiency_pct // energy.PERCENT", "max(soc - self._floor, 0))"),
        ("max(soc - self._floor, 0)", "max(soc, 0)"),
        ("max(p.soc_full_pct_x100 - soc, 0)", "max(10000 - soc, 0)"),
        ("* energy.PERCENT // p.efficiency_pct\n        self._bound_charge", "\n        self._bound_charge"),
        ("if needed > self._floor:", "if needed < self._floor:"),
        ("over_k = p.derate_span_k\n", "over_k = 0\n"),
        ("left_k = p.derate_span_k - over_k", "left_k = over_k"),
        ("self._bound_charge(p.cable_max_w", "self._bound_charge(p.charge_max_w"),
        ("self._bound_discharge(p.ev_discharge_max_w", "self._bound_discharge(p.ev_charge_max_w"),
    ),
    *_of(
        "departure.py",
        ENVELOPE_TESTS,
        ("PRESSING_PCT = 80", "PRESSING_PCT = 90"),
        ("max(self.left_s - horizon_s, 0)", "self.left_s"),
        ("* efficiency_pct // energy.PERCENT\n", "\n"),
        ("* energy.PERCENT // efficiency_pct", ""),
        ("        if not self._pressing:\n            return 0\n        return", "        return"),
        ("need_w if need_w < charge_w else charge_w", "need_w"),
        ("if left_ms <= 0:", "if left_ms < -1000:"),
    ),
    *_of(
        "energy.py",
        ENVELOPE_TESTS,
        ("whole * 3600 + (wh - whole * time_s) * 3600 // time_s", "whole * 3600"),
        ("+ watts * (time_s - hours * 3600) // 3600", ""),
    ),
]

RESERVE = _of(
    "services/fast_reserve.py",
    RESERVE_TESTS,
    ("mains.freq_short_uhz < row[TRIGGER_MHZ] * 1000", "mains.freq_short_uhz <= row[TRIGGER_MHZ] * 1000"),
    ("low = not mains.quality & (UNUSABLE | PHASE_JUMP) and", "low ="),
    ("if since_ms >= row[REARM_MS] and not self._low:", "if since_ms >= row[REARM_MS]:"),
    ("        elif since_ms >= row[HOLD_MS]:", "        elif since_ms > row[HOLD_MS]:"),
    ("self.power_w = -self._p.fast_reserve_w", "self.power_w = self._p.fast_reserve_w"),
    (">= self._p.fast_reserve_confirm_ms", ">= 0"),
)

CLOCKS = [
    *_of(
        "clock.py",
        CLOCK_TESTS,
        ("began_ms = ticks.sub(now_ms, ms)", "began_ms = now_ms"),
        ("-JUMP_MS <= off_ms <= JUMP_MS", "off_ms <= JUMP_MS"),
        ("-JUMP_MS <= off_ms <= JUMP_MS", "-JUMP_MS <= off_ms"),
        ("                self._agreeing = 0\n                self._follow", "                self._follow"),
        ("off_ms = -(-off_ms // EASE)", "pass"),
        ("self._agreeing + 1 if agrees else 1", "self._agreeing + 1"),
        ("EARLIEST_UNIX_S <= unix_s <", "EARLIEST_UNIX_S < unix_s <"),
        ("unix_s < LATEST_UNIX_S", "unix_s <= LATEST_UNIX_S"),
        ("self._unix_s += passed_s\n", "self._unix_s += 1\n"),
    ),
    *_of(
        "sensing/sample_clock.py",
        SAMPLE_CLOCK_TESTS,
        ("late_ms < self._late_ms", "late_ms > self._late_ms"),
        ("self._lag_ms < self._least_lag_ms", "self._lag_ms > self._least_lag_ms"),
        ("self._least_lag_ms - self._late_ms", "self._least_lag_ms + self._late_ms"),
        ("self._least_lag_ms - self._late_ms", "self._least_lag_ms"),
        ("not -BEND_MS <= offsets[n] - 2", "False and -BEND_MS <= offsets[n] - 2"),
        ("        self._counting = False\n        self._telling = False\n", "        self._counting = False\n"),
        ("max(-MOVE_PPM, min(MOVE_PPM, step))", "step"),
        ("goal_ppm = ppm - self._known_ppm", "goal_ppm = ppm"),
        ("-most_ppm <= goal_ppm <= most_ppm", "-most_ppm <= goal_ppm"),
        ("-most_ppm <= goal_ppm <= most_ppm", "goal_ppm <= most_ppm"),
        ("            self._goal_ppm = 0\n", "            self._goal_ppm = goal_ppm\n"),
        ("if uncertain_ppm(self._offsets, self._n, ppm) > KNOWN_PPM:", "if False:"),
        ("self._tellings < TELLINGS_MIN or", ""),
        ("total * 375", "total * 373"),
    ),
]

PILOT_TESTS = ("test_evse_pilot",)
OUTLET_TESTS = ("test_evse_outlet", "test_evse_dc", "test_evse_charger", "test_evse_controller")
EVSE = [
    *_of(
        "evse/pilot.py",
        PILOT_TESTS,
        ("(11000, A)", "(11001, A)"),
        ("(10001, _HOLD)", "(10000, _HOLD)"),
        ("(5000, C)", "(5001, C)"),
        ("(1001, _HOLD)", "(1002, _HOLD)"),
        ("(-9999, E)", "(-10000, E)"),
        ("if high_mv >= BANDS[i][0]", "if high_mv > BANDS[i][0]"),
        ("            self._next_ms = now_ms\n", ""),
        (">= DEBOUNCE_MS", "> DEBOUNCE_MS"),
        ("low_mv > DIODE_MV", "low_mv >= DIODE_MV"),
        ("or self.state == A:", "or True:"),
        ("return B <= self.state <= D", "return B <= self.state <= E"),
    ),
    *_of(
        "evse/duty.py",
        PILOT_TESTS,
        ("current_ma < LEAST_MA", "current_ma <= LEAST_MA"),
        ("current_ma // 60, KNEE", "current_ma // 59, KNEE"),
        ("current_ma // 250 + 640", "current_ma // 250 + 641"),
        ("(duty_permille - 640) * 250", "(duty_permille - 641) * 250"),
    ),
    *_of(
        "evse/contactor.py",
        ("test_evse_contactor",),
        (">= CONTACTOR_MS", "> 2 * CONTACTOR_MS"),
        ("if odd and not self._odd:", "if odd:"),
        ("        if self.state == STUCK:\n", "        if True:\n"),
        ("elif self.state == OPENING and not feedback:", "elif not feedback:"),
        ("elif self.state != WELDED and feedback and late:", "elif feedback:"),
    ),
    *_of(
        "evse/offer.py",
        ("test_evse_offer",),
        ("            self._paused = self.state == BASIC\n", "            self._paused = True\n"),
        (">= PAUSE_MS", "> PAUSE_MS"),
        (">= STEP_X1_MS", ">= STEP_X1_MS // 2"),
        ("self._given_up = self._p.outlet == evse.AC", "self._given_up = True"),
        ("or self._over and not self._given_up:", "or self._over:"),
        ("self._session or self._over or failed", "self._session or failed"),
        ("self._given_up = self._session = self._over = self._paused = False", "self._session = self._paused = False"),
    ),
    *_of(
        "evse/outlet.py",
        OUTLET_TESTS,
        ("and self._p.ventilation == 1", ""),
        ("wanted = may and (consent", "wanted = (consent"),
        ("self._bound(closed and may and consent)", "self._bound(may and consent)"),
        ("self._bound(closed and may and consent)", "self._bound(closed and may)"),
        ("self.ready = supply and self", "self.ready = self"),
        ("min(wish_w, room_w, self.rating_w)", "min(wish_w, room_w)"),
        ("if self.access == evse.WAITING and self._p.access_free:", "if self._p.access_free:"),
        (
            "        self.allowed = False\n        self.access = evse.WAITING\n        self.demand",
            "        self.demand",
        ),
        ("power_w >= FLOWING_W or", "power_w >= 0 or"),
        ("self._patience_ms = STOP_BASIC_MS", "self._patience_ms = STOP_SESSION_MS"),
        ("power_w if closed else 0", "power_w"),
        ("            self._bound_by(self.demand.profile_w, limits.SESSION)\n", ""),
    ),
    *_of(
        "evse/dc.py",
        OUTLET_TESTS,
        ("ohm_v > VALID_OHM_V", "ohm_v >= VALID_OHM_V"),
        ("ohm_v > FAULT_OHM_V", "ohm_v >= FAULT_OHM_V"),
        ("if not settled or not self._settled:", "if not self._settled:"),
        ("            if self.mode != ports.DC_OFF:\n                self.off()", "            pass"),
        ("min(set_ma, self._p.dc_current_max_a * 1000)", "set_ma"),
    ),
]

REACTIVE = [
    *_of(
        "services/reactive.py",
        REACTIVE_TESTS,
        ("return var if factor > 0 else -var", "return var"),
        ("return var if high else -var", "return -var if high else var"),
        ("inverter.absorb_max_var))", "inverter.inject_max_var))"),
        ("-inverter.inject_max_var,", ""),
        ("whole_va if p.reactive_priority else", "whole_va if not p.reactive_priority else"),
        ("if not p.reactive_priority:", "if True:"),
        ("elif p.reactive_mode == POWER_FACTOR:", "elif False:"),
        ("p.discharge_max_w), inverter.apparent_va)", "p.discharge_max_w), 1 << 29)"),
        ("whole * whole - size * size", "whole * whole"),
        ("            self.active_left_w = limits.NO_BOUND\n            return 0", "            return 0"),
        ("if not mains.quality & _NO_VOLTAGE_YET:", "if True:"),
        ("BLOCK_LOST | LOW_VOLTAGE | WARM_UP_SHORT", "LOW_VOLTAGE | WARM_UP_SHORT"),
        ("            self._lag.reset()", "            pass"),
        ("p.volt_var_response_ms - self._p.response_latency_ms", "p.volt_var_response_ms"),
        ("self._last_ms = now_ms", "pass"),
    ),
    *_of(
        "inverter/active.py",
        ACTIVE_WIRE_TESTS,
        ("return self._wanted_w if self.state == DRIVING else 0", "return self._wanted_w"),
        ("max(min(power_w, self._p.charge_max_w), -self._p.discharge_max_w)", "power_w"),
        ("stop = power_w == 0 and self._wanted_w != 0", "stop = False"),
        ("if stop and (self._sent_w or not self._sent):", "if stop:"),
        ("if self.wished and self.state == READY:", "if self.state == READY:"),
        ("500 * self._p.reversion_s", "1500 * self._p.reversion_s"),
        ("        self._sent = False\n        self._jobs.want(SET, now_ms)\n\n    def read_back", "    def read_back"),
        ("self._sent and ticks.diff(now_ms, self._set_ms) >= _SETTLE_MS", "self._sent"),
        ("self._jobs.want(READBACK, ticks.add(now_ms, _READBACK_MS))", "pass"),
        ("if result == control.DIFFERS or result == control.OVERRIDDEN:", "if result == control.OVERRIDDEN:"),
        ("if result == control.DIFFERS or result == control.OVERRIDDEN:", "if result == control.DIFFERS:"),
        ("        self._renew(0)\n", ""),
        ("self._device.control.set_reversion(self._p.reversion_s)", "self._device.control.set_reversion(0)"),
        ("change_w >= self._p.command_step_w", "False"),
        ("self._wanted_w == 0 and change_w or", ""),
        ("            self._jobs.drop(SET)", "            pass"),
        ("ticks.add(now_ms, _SMALL_CHANGE_MS)", "now_ms"),
        ("held.forget()", "pass"),
        ('searched: nobody knows what the inverter holds."""\n        self._sent = False', 'searched."""'),
    ),
    *_of(
        "inverter/reactive.py",
        REACTIVE_WIRE_TESTS,
        ("var = self._wanted_var if self.holds else 0", "var = self._wanted_var"),
        ("1 if self._wanted else 0, self._p.reactive_priority", "1, self._p.reactive_priority"),
        ("1 if self._wanted else 0, self._p.reactive_priority", "1 if self._wanted else 0, 0"),
        ("self._p.reversion_s if self._wanted else 0", "self._p.reversion_s"),
        ("500 * self._p.reversion_s", "1000 * self._p.reversion_s"),
        (
            "            self._sent = False\n            self._jobs.want(VAR_SET, now_ms)\n\n    def missed",
            "\n    def missed",
        ),
        ("result == control.DIFFERS or result == control.OVERRIDDEN", "result == control.OVERRIDDEN"),
        ("result == control.DIFFERS or result == control.OVERRIDDEN", "result == control.DIFFERS"),
        ("ticks.add(self._set_ms, _EVERY_MS)", "now_ms"),
        ("or change_var and self._wanted_var == 0", ""),
        ("ticks.add(now_ms, _SMALL_CHANGE_MS)", "now_ms"),
        ("        self._driving = True\n        if self._wanted:", "        self._driving = True\n        if False:"),
        ("self._step = 0 if self._wanted else self.control.steps - 1", "self._step = 0"),
        ("return self._wanted and self._driving and", "return self._driving and"),
    ),
    *_of(
        "inverter/var_control.py",
        REACTIVE_WIRE_TESTS,
        ("sunspec.scaled(-var, -self._sf)", "sunspec.scaled(var, -self._sf)"),
        ("raw if var < 0 else -raw", "-raw if var < 0 else raw"),
        ("_OF_VAR_MAX if known else _OF_W_MAX", "_OF_W_MAX"),
        ("return min(first, second)", "return max(first, second)"),
        ("self._inject_var if var < 0 else self._absorb_var", "self._absorb_var"),
        ("min(abs(var), full_var)", "abs(var)"),
        ("self.words[_REVERT_ENA] = enabled", "self.words[_REVERT_ENA] = 1"),
        ('"VAMax", "VAMaxRtg"', '"VAMaxRtg", "VAMax"'),
    ),
    *_of(
        "inverter/der.py",
        REACTIVE_WIRE_TESTS,
        ("injected_var == sunspec.UNKNOWN else -injected_var", "injected_var == sunspec.UNKNOWN else injected_var"),
        ("master.signed(_TMP_SINK - _TMP_AMBIENT)", "master.signed(_TMP_CABINET - _TMP_AMBIENT)"),
    ),
    *_of(
        "controller.py",
        ("test_temperature",),
        ("if fresh else TEMPERATURE_UNKNOWN", "if True else TEMPERATURE_UNKNOWN"),
        ("self.envelope.active_left_w = reactive.active_left_w", "pass"),
    ),
]

SENSING = (
    _of(
        "sensing/frequency.py",
        ("test_sensing_report", "test_sensing_jumps"),
        ("self._hops < BOXCAR_HOPS + hops or not hops", "not hops"),
        ("return WARM_UP_REPORT if hops else 0", "return 0"),
        ("if self._head >= half else self._head - half + size", "if self._head >= half else self._head"),
        ("older = self._head - half if", "older = self._head if"),
        ("sums[REPORT_ROCOF] >> self._report_shift", "sums[REPORT_ROCOF] >> 9"),
        ("            self._give_back()\n", "            pass\n"),
        ("range(BACK_HOPS + TRIAL_HOPS)", "range(BACK_HOPS + TRIAL_HOPS - 1)"),
    )
    + _of(
        "sensing/jumps.py",
        ("test_sensing_jumps",),
        ("SUSPICIOUS = 2222", "SUSPICIOUS = 6666"),
        ("self._watched == WATCH_HOPS and", ""),
        ("self._credit < (COST if sudden else COST + SPARED)", "self._credit < COST"),
        ("self._credit < (COST if sudden else COST + SPARED)", "self._credit < COST + SPARED"),
        ("HOLD_HOPS - TRIAL_HOPS and not self._jumped(turn)", "HOLD_HOPS - TRIAL_HOPS"),
        ("return jump > doubt or jump < -doubt", "return jump > doubt"),
        ("return jump > doubt or jump < -doubt", "return True"),
        ("self._residual - RAMP_HOPS // 2 * faster", "self._residual"),
        ("        if shrunk > SUDDEN:\n            self._on_trial = False\n", ""),
        ("self.seen = (self.seen - 1) & 0xFFFF", "pass"),
        ("return bend if bend >= 0 else -bend", "return bend"),
    )
    + _of(
        "sensing/edges.py",
        ("test_sensing_edges",),
        ("if off < -(self._period // 3):", "if off < -self._period:"),
        ("return -rocof if slope >= 0 else rocof", "return rocof if slope >= 0 else -rocof"),
        ("self._off[head] = self._doubted", "pass"),
        ("            off = before\n", "            pass\n"),
        ("uhz // 1000 * self._clock_ppm // 1000", "0"),
        ("self._nominal_mv if alive else 0", "self._nominal_mv"),
        ("if self._blocks >= self._silent_blocks:", "if self._blocks > 10 * self._silent_blocks:"),
        ("        self._cycles = -1\n        self.quality |=", "        self.quality |="),
    )
)

MUTANTS = [
    *DROOP,
    *TRIPS,
    *ARBITER,
    *ENVELOPE,
    *RESERVE,
    *CLOCKS,
    *EVSE,
    *REACTIVE,
    *SENSING,
    *(mutant for file, tests, pairs in CRYPTO for mutant in _of(file, tests, *pairs)),
]
