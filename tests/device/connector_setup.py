"""A connector under test: levels of a vehicle set by hand, steps of 10 ms, the heap locked in each."""

from noalloc import without_heap

from gridkeel import ticks
from gridkeel.evse import duty, ports
from gridkeel.evse.connector import Connector
from gridkeel.params import Parameters

HIGH_MV = {"A": 12000, "B": 9000, "C": 6000, "D": 3000, "E": 0}
STEP_MS = 10


class ConnectorSetup:
    """A connector, a vehicle's state, and a contactor whose contact follows within a step."""

    def __init__(self, **changes):
        self.connector = Connector(Parameters(changes))
        self.now = ticks.MASK - 3000
        self.supply = True
        self.power_w = 0
        self.requested_w = 7000
        self.headroom_w = 7400
        self.obeys = True
        self.diode = True
        self.vehicle("A")

    def vehicle(self, state):
        self.state = state
        return self

    def _measure(self):
        levels = self.connector.levels
        levels[ports.HIGH_MV] = HIGH_MV[self.state]
        pwm = duty.has_pwm(self.connector.orders[ports.DUTY_PERMILLE])
        levels[ports.LOW_MV] = -12000 if pwm and self.diode and self.state != "E" else HIGH_MV[self.state]
        if self.obeys:
            levels[ports.CLOSED] = 1 if self.connector.contactor.order else 0

    def _step(self):
        self._measure()
        self.connector.step(self.supply, self.power_w, self.now)
        self.connector.offer_power(self.requested_w, self.headroom_w, self.now)

    def run(self, ms=200):
        step = self._step
        for _ in range(ms // STEP_MS):
            without_heap(step)
            self.now = ticks.add(self.now, STEP_MS)
        return self

    def ms_until(self, reached, most_ms=60000):
        """Run until reached() and return the ms it took."""
        for passed_ms in range(0, most_ms, STEP_MS):
            if reached():
                return passed_ms
            self.run(STEP_MS)
        raise AssertionError("never came")


def charging(**changes):
    """A connector with basic charging under way."""
    setup = ConnectorSetup(evse=1, **changes)
    setup.vehicle("B").run()
    setup.vehicle("C").run()
    assert setup.connector.contactor.closed()
    setup.power_w = setup.connector.charge_w
    return setup


def in_session(**changes):
    """A connector whose session allows power, the vehicle in C; a DC vehicle takes more than any connector has."""
    setup = ConnectorSetup(evse=2, **changes)
    setup.vehicle("B").run()
    setup.connector.pwm.session(True, False)
    if changes.get("connector"):
        setup.connector.demand.limit(None, 1000, 500, 1)
    setup.vehicle("C").run()
    assert not setup.connector.contactor.closed()
    setup.connector.allow(True)
    setup.run()
    assert setup.connector.contactor.closed()
    return setup
