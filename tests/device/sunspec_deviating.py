"""Register slaves that deliver other power than they were set to: by how much and how late."""

from sunspec_slave import Slave


class DeviatingSlave(Slave):
    """An inverter that stores its setting, and delivers deliver(set_w, passed_ms), both out of the vehicle."""

    def __init__(self, models, deliver):
        super().__init__(models)
        self.deliver_of = deliver
        self.follows = False
        self._out_w = 0.0
        self._ms = 0

    def handle(self, frame, now):
        passed_ms = max(0, now - self._ms)
        self._ms = now
        self._out_w = self.deliver_of(self.setting_w(), self._out_w, passed_ms, now)
        self.deliver(self._out_w)
        return super().handle(frame, now)

    def setting_w(self):
        if 704 in self.at:
            return float(self.signed32(704, 24))
        return self._rates_w()


def obeys(set_w, _out_w, _passed_ms, _now):
    return set_w


def part(of, more=0):
    return lambda set_w, _out_w, _passed_ms, _now: set_w * of + more


def pulses(on_ms, off_ms):
    return lambda set_w, _out_w, _passed_ms, now: set_w if now % (on_ms + off_ms) < on_ms else 0


def ramp(w_s, dead_ms=0):
    """Follow at so many watts a second, dead_ms after the setting."""
    waiting = []

    def deliver(set_w, out_w, passed_ms, now):
        waiting.append((now, set_w))
        while len(waiting) > 1 and now - waiting[1][0] >= dead_ms:
            waiting.pop(0)
        goal_w = waiting[0][1]
        most_w = w_s * passed_ms / 1000
        return out_w + max(-most_w, min(most_w, goal_w - out_w))

    return deliver
