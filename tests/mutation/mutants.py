"""The mutants: one small defect each, as a replacement of text that stands exactly once in its file."""

from __future__ import annotations

from typing import NamedTuple


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

MUTANTS = [*DROOP, *TRIPS, *ARBITER, *ENVELOPE, *RESERVE]
