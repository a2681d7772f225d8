"""Plays what was drawn on a pair of firmware and model, and holds one against the other after every block."""

from fleet_draws import CALM, FINE
from fleet_pair import Pair

from gridkeel import ticks

START_MS = 1000  # longer than any start delay that is drawn


def seen(drawn, before, parameters):
    """Return the figures of an estimate; before: those of the one before it."""
    made = dict(before if drawn["from"] == "same" else CALM)
    if drawn["from"] == "edge":
        made["long"] = parameters.droop_deadband_mhz * 1000 + drawn["past_uhz"]
    elif drawn["from"] in ("near", "past", "wild"):
        made["long"] = drawn["long"]
    if drawn["from"] in ("past", "wild"):
        made["apart"] = drawn["apart"]
    if drawn["from"] == "wild":
        made["rocof_mhz_s"] = drawn["rocof_mhz_s"]
    made.update(drawn.get("voltages", {}))
    made["bits"] = drawn.get("bits", 0)
    return made


def estimate(figures, nominal_uhz):
    """Return the names of an Estimator with these figures."""
    long_uhz = nominal_uhz + figures["long"]
    return {
        "freq_uhz": long_uhz,
        "freq_short_uhz": long_uhz + figures["apart"],
        "rocof_mhz_s": figures["rocof_mhz_s"],
        "voltage_mv": figures["voltage_mv"],
        "cycle_mv": figures["cycle_mv"],
        "quality": figures["bits"],
    }


class Story:
    """A pair that has started, its clock, and the estimates it saw last."""

    def __init__(self, changes, now_ms=0):
        self.pair = Pair(changes)
        self.now_ms = now_ms
        self.figures = [CALM] * self.pair.n
        self.readings = [FINE] * self.pair.n
        self.blocks(2, START_MS)

    @property
    def states(self):
        return self.pair.model.state.tolist()

    def blocks(self, count, period_ms=10, lost=False, until_a_state_changes=False):
        """Play some blocks of what is seen now; the two sides must give the same answers in each."""
        before = self.states
        for _ in range(count):
            self.now_ms = ticks.add(self.now_ms, period_ms)
            mains = [estimate(one, self.pair.nominal_uhz) for one in self.figures]
            self.pair.step(mains, self.readings, self.now_ms, lost)
            assert self.pair.differences() == {}
            if until_a_state_changes and self.states != before:
                return

    def see(self, **figures):
        """Let every charger see the same from now on."""
        self.figures = [{**CALM, **figures}] * self.pair.n

    def act(self, action):
        """Play one drawn action."""
        if action["command"] is not None:
            self._command(*action["command"])
        self.figures = [
            seen(drawn, before, one.parameters)
            for drawn, before, one in zip(action["estimates"], self.figures, self.pair.firmware, strict=True)
        ]
        self.readings = action["readings"]
        self.blocks(action["blocks"], action["period_ms"], action["lost"], action["until_a_state_changes"])

    def _command(self, name, values):
        pair = self.pair
        if name == "setpoint":
            pair.setpoint([power for power, _life in values], [life for _power, life in values], self.now_ms)
        elif name == "regulate":
            pair.regulate(values, self.now_ms)
        elif name == "demand":
            pair.demand(values, self.now_ms)
        elif name == "plan":
            pair.plan(*values, self.now_ms)
        else:
            pair.enable(values)
