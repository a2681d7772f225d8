"""The type test finds defects: a controller with a wrong parameter or a defect fails it, each family of procedures."""

import pytest
from typetest_firmware import FAST_RESERVE, FFR_495, QUICK_FFR_495, failed, mutant, quick_reserve

from hil.typetest.catalogue import profile
from hil.typetest.runner import run

pytestmark = pytest.mark.timeout(180)
DROOP = "services/droop.py"
IN_FORCE = "services/grid_codes/in_force.py"
PACKED = "services/grid_codes/packed.py"  # what a device reads of the grid codes
PROTECTION = "services/protection.py"
REACTIVE = "services/reactive.py"


@pytest.mark.parametrize(
    ("wrong", "only", "found"),
    [
        ({"droop_span_mhz": 500}, "droop", "span to the rating"),
        ({"droop_deadband_mhz": 30}, "droop", "edge of the deadband"),
        ({"droop_deadband_mhz": 10}, "deadband", "largest power or command"),
        ({"droop_deadband_mhz": 35}, "deadband", "response past its edge"),
        ({"trip_frequency_ms": 300}, "trip-over-frequency", "clearing time"),
        ({"trip_over_mhz": 51300}, "trip-over-frequency", "no trip"),
        ({"trip_rocof_mhz_s": 1000}, "rocof", "time without energising"),
        ({"mains_loss_pct": 60}, "trip-loss-of-mains", "no trip"),
        ({"return_delay_ms": 4000}, "enter-service", "delay"),
    ],
)
def test_a_wrong_parameter_fails_the_type_test(wrong, only, found):
    test = run(profile("custom"), wrong, [only])
    assert found in failed(test)
    assert test.statement().startswith("does not conform")


@pytest.mark.parametrize(
    ("file", "old", "new", "name", "only", "found"),
    [
        (DROOP, "return -(power_w if", "return (power_w if", "custom", "droop", "steady power"),
        (
            IN_FORCE,
            "_line(p.droop_deadband_mhz, p.droop_span_mhz)",
            "_line(p.droop_deadband_mhz, p.droop_span_mhz // 2)",
            "custom",
            "droop",
            "steady power",
        ),
        (
            IN_FORCE,
            "(0, clock_ms, clock_ms, clock_ms)",
            "(0, clock_ms, 3 * clock_ms, clock_ms)",
            "custom",
            "trip-under-frequency",
            "clearing time",
        ),
        (
            PACKED,
            "dynamic-containment 50 15,0,200,500,500,10000 15,0,200,500,500,10000",
            "dynamic-containment 50 15,0,200,1000,500,10000 15,0,200,1000,500,10000",
            "dynamic-containment",
            "droop",
            "knee at 5%",
        ),
        (
            PACKED,
            "15,0,200,500,500,10000 500 0",
            "15,0,200,500,500,10000 1500 0",
            "dynamic-containment",
            "response",
            "step to 95% of the power",
        ),
        (
            PACKED,
            "fcr-gb 50 15,0,500,10000 15,0,500,10000 5000",
            "fcr-gb 50 15,0,500,10000 15,0,500,10000 8000",
            "fcr-gb",
            "response",
            "share after 10 s",
        ),
        (
            PACKED,
            "en50549-lfsm-o 50 200,0,2700,10000 -",
            "en50549-lfsm-o 50 200,0,2700,10000 200,0,2700,10000",
            "en50549-lfsm-o",
            "droop",
            "largest change of power or command",
        ),
        (
            PACKED,
            ",25,1200,160,25,1100,13000,24,880,21000,24,500,2000,10,0,2500 50 110 3000 59500\"",
            ",25,1200,360,25,1100,13000,24,880,21000,24,500,2000,10,0,2500 50 110 3000 59500\"",
            "ieee1547-cat3",
            "trip-ov2",
            "clearing time",
        ),
        (
            PACKED,
            "24,500,2000,10,0,2500 50 110 3000 59500\"",
            "24,500,600,10,0,2500 50 110 3000 59500\"",
            "ieee1547-cat3",
            "ride-low-voltage",
            "time without energising",
        ),
        (
            PACKED,
            "2500 50 110 3000 59500\"",
            "2500 50 0 3000 59500\"",
            "ieee1547-cat3",
            "ride-high-voltage",
            "power in momentary cessation",
        ),
        (
            PROTECTION,
            "<= mains.voltage_mv <= self._share_mv(grid.return_high_pct)",
            "<= mains.voltage_mv",
            "custom",
            "enter-service",
            "stays off outside the window",
        ),
        (REACTIVE, "var if high else -var", "-var if high else var", "ieee1547-cat3", "volt-var", "steady var"),
    ],
    ids=[
        "swapped sign",
        "mutated droop",
        "late trip",
        "wrong knee",
        "slow containment",
        "slow reserve",
        "silent side answers",
        "late voltage trip",
        "voltage trip in a ride-through",
        "no momentary cessation",
        "enters on a high voltage",
        "volt-var the wrong way",
    ],
)  # fmt: skip
def test_a_defect_in_the_firmware_fails_the_type_test(tmp_path, file, old, new, name, only, found):
    test = run(profile(name), only=[only], firmware=mutant(tmp_path, file, (old, new)))
    assert found in failed(test)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("49500, 700, 5000, 5000, 45000", "49500, 700, 4000, 5000, 45000", "time at full power"),
        ("49500, 700, 5000, 5000, 45000", "49500, 700, 5000, 3000, 45000", "largest ramp-off in 1 s"),
        ("49500, 700, 5000, 5000, 45000", "49470, 700, 5000, 5000, 45000", "step to 95% of the power"),
        ("49500, 700, 5000, 5000, 45000", "49500, 700, 5000, 5000, 60000", "activates again"),
        ("if since_ms >= row[REARM_MS] and not self._low:", "if True:", "no activation while it rests"),
    ],
    ids=["short hold", "fast ramp-off", "wrong trigger", "late re-arm", "no rest"],
)
def test_a_defect_in_the_fast_reserve_fails_the_type_test(tmp_path, old, new, found):
    changes = ((FFR_495, QUICK_FFR_495), (old, new))
    test = run(quick_reserve(), only=["reserve"], firmware=mutant(tmp_path, FAST_RESERVE, *changes))
    assert found in failed(test)
