"""The whole controller with a vehicle whose state is set by hand."""

from connector_setup import HIGH_MV
from controller_setup import ControllerSetup

from gridkeel import inverter
from gridkeel.evse import duty, ports
from gridkeel.services.protection import RUN


class ControllerVehicleSetup(ControllerSetup):
    """The whole controller with a vehicle at its connector; the contact follows in the next block."""

    def __init__(self, changes=None):
        super().__init__(changes)
        self.state = "A"
        self.weld = False

    def _step(self):
        connector = self.controller.connector
        levels = connector.levels
        levels[ports.HIGH_MV] = HIGH_MV[self.state]
        pwm = duty.has_pwm(connector.orders[ports.DUTY_PERMILLE])
        levels[ports.LOW_MV] = -12000 if pwm else HIGH_MV[self.state]
        if not self.weld:
            levels[ports.CLOSED] = 1 if self.controller.energise else 0
        super()._step()

    def be(self, state, ms):
        self.state = state
        self.run(ms)
        return self


def charging(changes):
    setup = ControllerVehicleSetup(changes)
    setup.be("A", 3500)
    assert setup.controller.protection.state == RUN
    assert setup.controller.inverter.state == inverter.DRIVING
    assert not setup.controller.energise
    assert setup.wset_w() == 0
    setup.be("B", 200)
    setup.be("C", 2500)
    return setup
