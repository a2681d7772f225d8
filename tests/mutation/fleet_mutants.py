"""Mutants of the fleet model: each must part it from the firmware where the property test looks."""

from __future__ import annotations

from mutant import Mutant

FLEET_TESTS = ("test_fleet_edges", "test_fleet_model")


def _of(file: str, *pairs: tuple[str, str]) -> list[Mutant]:
    return [Mutant(f"hil/fleet/{file}", old, new, FLEET_TESTS) for old, new in pairs]


FLEET = [
    *_of(
        "trips.py",
        # a doubtful estimate with a running clock
        ("np.where(doubtful, one.passed, passed) if doubtful.any() else passed", "passed"),
        ("np.where(doubtful, one.passed, passed)", "np.where(doubtful, False, passed)"),
        # the clocks' reset on a return
        ("            one.passed[where] = False\n", "            pass\n"),
        ("watched & passed & ~one.passed", "watched & passed"),
        ("(since(now_ms, one.since) >= one.clock_ms)", "(since(now_ms, one.since) > one.clock_ms)"),
        ("33 + clock_ms // 500", "33"),
        ("clock_ms - (p.response_latency_ms >> 1)", "clock_ms - p.response_latency_ms"),
        ("mains.freq_short_uhz < one.limit * 1000", "mains.freq_uhz < one.limit * 1000"),
        ("                watched = watched & ~due", "                pass"),
    ),
    *_of(
        "arbiter.py",
        # power_max under the base
        ("np.maximum(high_w, base_w)", "high_w"),
        ("np.minimum(low_w, base_w)", "low_w"),
        ("self._s.droop.power_w + self._s.reserve.power_w", "self._s.droop.power_w"),
        ("(rules & ~self._s.events.rules)", "rules"),
        ("regulated_w = np.where(held, self._regulated_w, regulated_w)", "pass"),
        ("regulated_w = np.where(held, 0, regulated_w)", "pass"),
        ("self._regulated_w = regulated_w * flows", "self._regulated_w = regulated_w"),
        ("if s.plan.alive:", "if False:"),
        ("np.where(s.events.rules, s.events.power_w, target_w)", "target_w"),
        ("s.events.update(now_ms, self.base_w)", "s.events.update(now_ms, self._ramp.power_w)"),
        ("held = freezes if freezes.any() else None", "held = None"),
    ),
    *_of(
        "lag.py",
        # the lag's smallest step
        ("np.where(step == 0, 1, step)", "step"),
        ("(self._mw + 500) // 1000", "self._mw // 1000"),
        ("min(elapsed_ms, STEP_MAX_MS)", "elapsed_ms"),
        ("            self._mw *= flows\n", "            pass\n"),
    ),
    *_of(
        "droop.py",
        # hysteresis over a doubtful estimate
        ("np.copyto(self._held_uhz, held_uhz, where=believed)", "self._held_uhz[:] = held_uhz"),
        ("np.copyto(self.target_w, target_w, where=believed)", "self.target_w[:] = target_w"),
        ("np.minimum(held_uhz, deviation_uhz + slack_uhz)", "deviation_uhz"),
        ("np.maximum(held_uhz, deviation_uhz - slack_uhz)", "deviation_uhz"),
        ("        self._held_uhz[where] = 0\n", "        pass\n"),
        ("        self._lag.reset(where)\n", "        pass\n"),
    ),
    *_of(
        "spread.py",
        # windows over 1024 ms
        ("(window_ms >> 10) * self._places + ", ""),
        ("places * parameters.stagger", "places"),
    ),
    *_of(
        "protection.py",
        ("blocks = blocks | (mains.cycle_mv > self._share_mv(high_pct))", "pass"),
        ("on & ~blocks & usable", "on & ~blocks"),
        ("            self._rocof_passed[due] = False\n", "            pass\n"),
        ("(self.trip != 0) | (self._p.enter_at_start != 0)", "self.trip != 0"),
        ("np.minimum(self._p.return_spread_ms, delay_ms)", "self._p.return_spread_ms"),
    ),
    *_of(
        "envelope.py",
        ("~(self._full_reached & known)", "~self._full_reached"),
        ("(known & ~self._reserve_reached", "(~self._reserve_reached"),
        ("(self._reserve_reached & ~leaves) | reaches", "reaches"),
    ),
    *_of(
        "fast_reserve.py",
        ("UNUSABLE | PHASE_JUMP", "UNUSABLE"),
        ("self._low_since[low & ~self._low] = now_ms", "self._low_since[low] = now_ms"),
        ("(since_ms >= self._rearm_ms) & ~self._low", "(since_ms >= self._rearm_ms)"),
        ("since_ms >= self._hold_ms + self._ramp_off_ms", "since_ms > self._hold_ms + self._ramp_off_ms"),
        ("~ends & (since_ms >= self._hold_ms)", "~ends & (since_ms > self._hold_ms)"),
        ("        self.state[spent] = RESTING\n", "        pass\n"),
        ("spent = where & (self.power_w != 0)", "spent = where"),
        ("self._active_since[begins] = now_ms", "pass"),
    ),
    *_of(
        "regulation.py",
        (">= self._p.regulation_expiry_ms", "> self._p.regulation_expiry_ms"),
        ("np.copyto(self._share, self._p.regulation_fallback, where=expired)", "pass"),
        ("self._share * self._p.regulation_w // FULL", "-(-self._share * self._p.regulation_w // FULL)"),
        ("self.alive | (self.power_w != 0)", "self.alive"),
    ),
    *_of(
        "events.py",
        ("self.state <= PENDING", "self.state < PENDING"),
        ("+ self._spread_ms) & MASK", ") & MASK"),
        ("np.minimum(self._depth_w, np.maximum(base_w, 0))", "np.minimum(self._depth_w, base_w)"),
        ("self._kind == RESERVE, self._depth_w, load_w", "self._kind == RESERVE, load_w, load_w"),
        ("payback <= PAYBACK_MAX", "payback < PAYBACK_MAX"),
        ("rest_ms // np.maximum(self._recovery_s, 1)", "rest_ms"),
        ("self._end(recovering & (rest_ms <= 0))", "self._end(recovering & (rest_ms < 0))"),
        ("        self.delta_w[where] = 0\n", "        pass\n"),
        ("where=taken & shifts", "where=shifts"),
    ),
    *_of("schedule.py", ("        self.plan.update(now_ms)\n", "        pass\n")),
]
