"""Frequency containment reserve, Regulation (EU) 2017/1485, Annex V, by synchronous area."""

from gridkeel.services.grid_codes.form import FULL, DroopProfile


class ContinentalEurope(DroopProfile):
    """FCR, continental Europe."""

    name = "fcr-ce"
    nominal_hz = 50
    droop_over = ((10, 0), (200, FULL))
    droop_under = ((10, 0), (200, FULL))
    droop_response_ms = 15000
    droop_frozen_base = False
    droop_source = "Regulation (EU) 2017/1485, Annex V"
    droop_open = "line from the edge of the deadband"


class GreatBritain(ContinentalEurope):
    """FCR, Great Britain."""

    name = "fcr-gb"
    droop_over = ((15, 0), (500, FULL))
    droop_under = ((15, 0), (500, FULL))
    droop_response_ms = 5000


class Ireland(GreatBritain):
    """FCR, Ireland."""

    name = "fcr-ie"
    droop_response_ms = 7500


class Nordic(ContinentalEurope):
    """FCR, Nordic."""

    name = "fcr-nordic"
    droop_over = ((10, 0), (500, FULL))
    droop_under = ((10, 0), (500, FULL))
