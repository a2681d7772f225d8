"""Inverters as the services and the envelope see them: limits, ratings, state of charge."""

from gridkeel import limits


class InverterLimits:
    """Limits that an inverter reports; none of them by default."""

    def __init__(self, apparent_va=limits.NO_BOUND, inject_max_var=limits.NO_BOUND, absorb_max_var=limits.NO_BOUND):
        self.apparent_va = apparent_va
        self.inject_max_var = inject_max_var
        self.absorb_max_var = absorb_max_var


class InverterRatings:
    """Ratings and state of charge, which are all that the envelope reads of an inverter."""

    def __init__(self, charge_rating_w=11000, discharge_rating_w=5000, soc_pct_x100=6000):
        self.charge_rating_w = charge_rating_w
        self.discharge_rating_w = discharge_rating_w
        self.soc_pct_x100 = soc_pct_x100
