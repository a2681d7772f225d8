"""Every grid service of one controller, made once, in the order the control path asks them."""

from gridkeel import TYPE_CHECKING
from gridkeel.services.accounting import Account
from gridkeel.services.arbiter import Arbiter
from gridkeel.services.droop import Droop
from gridkeel.services.events import Event
from gridkeel.services.fast_reserve import OFF, FastReserve
from gridkeel.services.protection import Protection
from gridkeel.services.reactive import Reactive
from gridkeel.services.regulation import Regulation
from gridkeel.services.schedule import Plan
from gridkeel.services.setpoint import Setpoint

if TYPE_CHECKING:
    from gridkeel.params import Parameters
    from gridkeel.protocols import Mains


class Services:
    """The services by name; none knows of another, the arbiter alone knows them all."""

    def __init__(self, parameters: "Parameters", identity: bytes = b"") -> None:
        self.protection = Protection(parameters, identity)
        self.droop = Droop(parameters)
        self.fast_reserve = FastReserve(parameters)
        self.setpoint = Setpoint(parameters)
        self.regulation = Regulation(parameters)
        self.event = Event(parameters, self.protection.spread)
        self.plan = Plan(parameters)
        self.reactive = Reactive(parameters)
        self.account = Account(parameters)
        self.arbiter = Arbiter(parameters, self)
        self.decide = self.arbiter.decide
        self._p = parameters

    def follow(self, mains: "Mains", now_ms: int, uncommanded: bool = False) -> None:
        """Give a new estimate to those that go by the mains; uncommanded: power flows that nobody commanded."""
        self.protection.update(mains, now_ms, uncommanded)
        self.droop.update(mains, now_ms)
        if self._p.fast_reserve or self.fast_reserve.state != OFF:
            self.fast_reserve.update(mains, now_ms)
