"""Who wins: protection over everything, primary response on top of what the secondary level asks.

    protection   state is not RUN          0, nothing else counts
    primary      droop is not 0            secondary + droop
    secondary    a set-point is alive      the set-point, ramped
    baseline     otherwise                 the baseline, ramped

On the way from one secondary power to another the ramp is what is told.
"""

from gridkeel import limits
from gridkeel.services.protection import RUN


class Arbiter:
    """Makes one wish of many; `limiter` names whose it is (an index of limits.NAMES)."""

    def __init__(self):
        self.wish_w = 0
        self.limiter = limits.CEASED

    def decide(self, protection, setpoint, droop_w):
        """Return wish_w, watts into the vehicle."""
        if protection.state != RUN:
            self.wish_w = 0
            self.limiter = limits.CEASED if protection.enabled else limits.MODE_SAFE
            return 0
        self.wish_w = setpoint.power_w + droop_w
        if droop_w:
            self.limiter = limits.DROOP
        elif setpoint.ramping:
            self.limiter = limits.RAMP
        else:
            self.limiter = limits.SETPOINT if setpoint.alive else limits.BASELINE
        return self.wish_w
