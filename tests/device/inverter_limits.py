"""An inverter as the reactive service sees it: its limits and nothing else."""

from gridkeel import limits


class Rated:
    """Limits that an inverter tells; none of them by default."""

    def __init__(self, apparent_va=limits.NO_BOUND, inject_max_var=limits.NO_BOUND, absorb_max_var=limits.NO_BOUND):
        self.apparent_va = apparent_va
        self.inject_max_var = inject_max_var
        self.absorb_max_var = absorb_max_var
