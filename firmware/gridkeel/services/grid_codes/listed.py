"""The lists of grid codes, droop profiles and trip profiles; a place in a list, from 1, is a parameter's value.

0 is none (grid_code) or the single parameters (droop_profile, trip_profile).  Entries are appended, never moved.
No module of a device imports this: it reads packed.py.
"""

from gridkeel.services.grid_codes import en50549, fcr, ieee1547, neso

CUSTOM = "custom"  # the single parameters
GRID_CODES: tuple = (
    ieee1547.Category1,
    ieee1547.Category2,
    ieee1547.Category3,
    en50549.En50549,
)
DROOP_PROFILES: tuple = (
    ieee1547.Category1,
    ieee1547.Category2,
    ieee1547.Category3,
    ieee1547.Category1Characteristic2,
    ieee1547.Category2Characteristic2,
    ieee1547.Category3Characteristic2,
    en50549.LfsmOver,
    en50549.LfsmUnder,
    en50549.Lfsm,
    en50549.Fsm,
    fcr.ContinentalEurope,
    fcr.GreatBritain,
    fcr.Ireland,
    fcr.Nordic,
    neso.DynamicContainment,
    neso.DynamicModeration,
    neso.DynamicRegulation,
)
TRIP_PROFILES: tuple = (
    ieee1547.Category1,
    ieee1547.Category2,
    ieee1547.Category3,
    en50549.En50549,
)


def number(listed: tuple, name: str) -> int:
    """Return the parameter's value that chooses an entry, 0 for CUSTOM.  Errors: ValueError where there is none."""
    return 0 if name == CUSTOM else [entry.name for entry in listed].index(name) + 1
