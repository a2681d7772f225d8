"""A charger over a connector under test: what a session sees and orders, through to the connector."""

from connector_setup import ConnectorSetup

from gridkeel.envelope import Envelope
from gridkeel.evse.charger import Charger
from gridkeel.services.bundle import Services


class ChargerSetup(ConnectorSetup):
    """A connector with a charger over it; inverter and mains are this object's own figures."""

    def __init__(self, **changes):
        super().__init__(evse=2, **changes)
        self.charge_rating_w = 11000
        self.soc_pct_x100 = 3000
        self.voltage_mv = 231000
        parameters = self.connector._p
        self.services = Services(parameters)
        self.envelope = Envelope(parameters)
        self.charger = Charger(parameters, self.connector, self.services, self.envelope, self, self, b"gk-7")

    def ready(self):
        """A vehicle in C with a session up; a DC vehicle has reported that it takes more than any connector has."""
        self.vehicle("B").run()
        self.charger.session(True)
        if self.charger.dc:
            self.charger.set_vehicle_limits(None, 1000, 500, None, None)
        self.vehicle("C").run()
        return self
