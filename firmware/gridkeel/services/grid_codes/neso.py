"""Dynamic Containment, Moderation and Regulation of the British system operator (NESO)."""

from gridkeel.services.grid_codes.form import FULL, DroopProfile


class DynamicContainment(DroopProfile):
    """Dynamic Containment."""

    name = "dynamic-containment"
    nominal_hz = 50
    droop_over: tuple = ((15, 0), (200, 500), (500, FULL))
    droop_under: tuple = ((15, 0), (200, 500), (500, FULL))
    droop_response_ms = 500
    droop_frozen_base = False
    droop_source = "NESO, New Dynamic Services"
    droop_open = ""


class DynamicModeration(DynamicContainment):
    """Dynamic Moderation."""

    name = "dynamic-moderation"
    droop_over = ((15, 0), (100, 500), (200, FULL))
    droop_under = ((15, 0), (100, 500), (200, FULL))
    droop_open = "whole curve"


class DynamicRegulation(DynamicContainment):
    """Dynamic Regulation."""

    name = "dynamic-regulation"
    droop_over = ((15, 0), (200, FULL))
    droop_under = ((15, 0), (200, FULL))
    droop_response_ms = 5000
    droop_open = "whole curve"
