"""Figures of a vehicle at the connector, from rows made by hand: each must be able to fail."""

from __future__ import annotations

import pytest

from hil.bench.connector_figures import figures
from hil.plants.trace import Trace
from hil.rigs.recorder import CONNECTOR_KEYS, PLANT_KEYS, Recorder


class Mains:
    """A step of the frequency at 1 s."""

    source = Trace.from_points([(0.0, 50.0, 1.0), (1.0, 50.0, 1.0), (1.0, 49.8, 1.0), (9.0, 49.8, 1.0)])


def recorded(rows, energy_wh=0.0, events=()):
    """Rows of (t_s, closed, duty, high_mv, power_w)."""
    recorder = Recorder()
    for t_s, closed, duty, high_mv, power_w in rows:
        for key, value in zip(CONNECTOR_KEYS, (t_s, closed, duty, high_mv, -12000, 0.0), strict=True):
            recorder._connector[key].append(value)
        for key in PLANT_KEYS:
            recorder._plant[key].append({"t_s": t_s, "delivered_w": power_w}.get(key, 0.0))
    for key in recorder._telemetry:
        recorder._telemetry[key].append(energy_wh if key == "energy_wh" else 0.0)
    recorder.events.extend(events)
    return recorder


def found(rows, commands=(), cease_us=(), **kept):
    return figures(recorded(rows, **kept), Mains, list(commands), list(cease_us), 0.5)


def steps(until_s, row):
    return [(n / 100, *row(n / 100)) for n in range(round(until_s * 100))]


def test_opening_counts_from_the_level_to_the_contacts_and_one_that_never_comes_counts_to_the_end():
    late = found(steps(3.0, lambda t: (t < 1.08, 300, 6000 if t < 1.0 else 9000, 0.0)))
    assert late["leave_to_open_ms"] == pytest.approx(80)
    never = found(steps(3.0, lambda t: (True, 300, 6000 if t < 1.0 else 9000, 0.0)))
    assert never["leave_to_open_ms"] == pytest.approx(1990)


def test_power_outside_of_state_c_counts_after_it_has_had_time_to_end():
    rows = steps(3.0, lambda t: (True, 300, 6000 if t < 1.0 else 9000, 700.0 if t < 1.1 else 20.0))
    assert found(rows)["power_while_not_ready_w"] == 20.0


def test_the_time_to_a_commanded_zero_counts_from_the_coil():
    rows = steps(2.0, lambda t: (True, 300, 6000, 0.0))
    assert found(rows, [(100, 3000), (900, 0)], [1000])["open_to_zero_ms"] == 0.0
    assert found(rows, [(100, 3000), (1500, 0)], [1000])["open_to_zero_ms"] == 0.5
    assert found(rows, [(100, 3000)], [1000])["open_to_zero_ms"] == float("inf")


def test_the_offer_s_step_counts_to_90_percent_and_only_between_two_offers():
    rows = steps(3.0, lambda t: (True, 400 if t < 1.05 else 250 if t < 1.09 else 200, 6000, 0.0))
    assert found(rows)["step_to_offer_ms"] == pytest.approx(90)
    assert "step_to_offer_ms" not in found(steps(3.0, lambda t: (True, 400 if t < 1.05 else 1000, 6000, 0.0)))


def test_the_time_to_power_the_energy_and_the_faults_are_measured():
    rows = steps(4.0, lambda t: (True, 300, 9000 if t < 1.0 else 6000, 0.0 if t < 2.5 else 3600.0))
    figure = found(rows, energy_wh=1.0, events=[(1.0, "pilot_error"), (2.0, "pilot_error"), (3.0, "x over")])
    assert (figure["ready_to_power_s"], figure["power_at_s"]) == (pytest.approx(1.5), pytest.approx(2.5))
    assert figure["energy_error_wh"] == pytest.approx(0.49, abs=0.02)
    assert figure["reported_pilot_error_s"] == 1.5
    assert "reported_x over_s" not in figure
