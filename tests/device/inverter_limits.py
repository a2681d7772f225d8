"""The limits of an inverter, which are all that the reactive service sees of it."""

from gridkeel import limits


class InverterLimits:
    """Limits that an inverter reports; none of them by default."""

    def __init__(self, apparent_va=limits.NO_BOUND, inject_max_var=limits.NO_BOUND, absorb_max_var=limits.NO_BOUND):
        self.apparent_va = apparent_va
        self.inject_max_var = inject_max_var
        self.absorb_max_var = absorb_max_var
