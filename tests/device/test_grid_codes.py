"""Grid codes: their figures, that a device reads the same from flash, and how the parameters choose among them."""

from noalloc import without_heap

from gridkeel import errors
from gridkeel.errors import ParameterError
from gridkeel.params import Parameters
from gridkeel.services.grid_codes.form import GridCode
from gridkeel.services.grid_codes.listed import CUSTOM, DROOP_PROFILES, GRID_CODES, TRIP_PROFILES, number

AT_60 = {
    "nominal_hz": 60,
    "trip_under_mhz": 56500,
    "trip_over_mhz": 62000,
    "return_low_mhz": 59500,
    "return_high_mhz": 60100,
}
# over, under, ms to 90 % of a step, frozen base, as the sources give them
CHARACTERISTIC_1 = (((36, 0), (3036, 10000)), ((36, 0), (3036, 10000)), 5000, True)
LFSM = ((200, 0), (2700, 10000))
DROOPS = {
    "ieee1547-cat1": CHARACTERISTIC_1,
    "ieee1547-cat2": CHARACTERISTIC_1,
    "ieee1547-cat3": CHARACTERISTIC_1,
    "ieee1547-cat1-char2": (((17, 0), (1817, 10000)), ((17, 0), (1817, 10000)), 1000, True),
    "ieee1547-cat2-char2": (((17, 0), (1817, 10000)), ((17, 0), (1817, 10000)), 1000, True),
    "ieee1547-cat3-char2": (((17, 0), (1217, 10000)), ((17, 0), (1217, 10000)), 200, True),
    "en50549": (LFSM, LFSM, 2000, True),
    "en50549-lfsm": (LFSM, LFSM, 2000, True),
    "en50549-lfsm-o": (LFSM, (), 2000, True),
    "en50549-lfsm-u": ((), LFSM, 2000, True),
    "en50549-fsm": (((10, 0), (2510, 10000)), ((10, 0), (2510, 10000)), 2000, False),
    "fcr-ce": (((10, 0), (200, 10000)), ((10, 0), (200, 10000)), 15000, False),
    "fcr-gb": (((15, 0), (500, 10000)), ((15, 0), (500, 10000)), 5000, False),
    "fcr-ie": (((15, 0), (500, 10000)), ((15, 0), (500, 10000)), 7500, False),
    "fcr-nordic": (((10, 0), (500, 10000)), ((10, 0), (500, 10000)), 15000, False),
    "dynamic-containment": (((15, 0), (200, 500), (500, 10000)), ((15, 0), (200, 500), (500, 10000)), 500, False),
    "dynamic-moderation": (((15, 0), (100, 500), (200, 10000)), ((15, 0), (100, 500), (200, 10000)), 500, False),
    "dynamic-regulation": (((15, 0), (200, 10000)), ((15, 0), (200, 10000)), 5000, False),
}
# no power under and over % of nominal_v, ROCOF ridden through, window in mHz, delay in ms, ramp in s
ENTERS = {
    "ieee1547-cat1": (50, 0, 500, 59500, 60100, 300000, 300),
    "ieee1547-cat2": (50, 0, 2000, 59500, 60100, 300000, 300),
    "ieee1547-cat3": (50, 110, 3000, 59500, 60100, 300000, 300),
    "en50549": (0, 0, 2000, 49900, 50100, 600000, 600),
}
# window of the voltage in %, volt-var in 0.1 % of nominal_v and 0.01 % of reactive_max_var, ms to 90 % of a step
VOLTAGES = {
    "ieee1547-cat1": (92, 105, ((20, 0), (80, 10000)), 5000),
    "ieee1547-cat2": (92, 105, ((20, 0), (80, 10000)), 5000),
    "ieee1547-cat3": (92, 105, ((20, 0), (80, 10000)), 5000),
    "en50549": (85, 110, (), 0),
}


ALONE = {  # of the parameters' defaults
    "droop_over": (20, 0, 500, 10000),
    "droop_under": (20, 0, 500, 10000),
    "droop_response_ms": 0,
    "droop_frozen_base": 0,
    "trip_table": 0,
    "trip_faults": (errors.MAINS_LOST, errors.SAMPLES_LOST, errors.UNDER_FREQUENCY, errors.OVER_FREQUENCY),
    "trip_limits": (500, 0, 47500, 51500),
    "trip_clocks_ms": (0, 100, 100, 100),
    "block_low_pct": 0,
    "block_high_pct": 0,
    "return_low_mhz": 49900,
    "return_high_mhz": 50100,
    "return_delay_ms": 60000,
    "enter_ramp_s": 0,
    "return_volt_pct": 85,
    "return_high_pct": 110,
    "volt_var_curve": (20, 0, 80, 10000),
    "volt_var_response_ms": 5000,
}


def chosen(parameter, listed, one, **more):
    changes = {parameter: number(listed, one.name)}
    if one.nominal_hz == 60:
        changes.update(AT_60)
    changes.update(more)
    return Parameters(changes)


def rejected(changes, parameters=None):
    try:
        (parameters or Parameters()).update(changes)
    except ParameterError as error:
        return str(error)
    raise AssertionError("%r was taken" % changes)


def flat(pairs):
    return sum(pairs, ())


def droop_of(one):
    return one.droop_over, one.droop_under, one.droop_response_ms, one.droop_frozen_base


def enter_of(one):
    window = one.return_low_mhz, one.return_high_mhz, one.return_delay_ms, one.enter_ramp_s
    return (one.block_low_pct, one.block_high_pct, one.rocof_ride_mhz_s) + window


def named(listed, expected):
    """Return the entries that the figures above name, each once."""
    found = [one for one in listed if one.name in expected]
    assert len(found) == len({one.name for one in found})
    return found


def test_the_figures_are_those_of_the_sources():
    assert {one.name for one in DROOP_PROFILES + GRID_CODES} >= set(DROOPS)
    for one in named(DROOP_PROFILES, DROOPS) + named(GRID_CODES, DROOPS):
        assert droop_of(one) == DROOPS[one.name], one.name
    for listed in (TRIP_PROFILES, GRID_CODES):
        assert len(named(listed, ENTERS)) == len(ENTERS)
        for one in named(listed, ENTERS):
            assert enter_of(one) == ENTERS[one.name], one.name
    assert len(named(GRID_CODES, VOLTAGES)) == len(VOLTAGES)
    for one in named(GRID_CODES, VOLTAGES):
        voltage = one.return_volt_pct, one.return_high_pct, one.volt_var_curve, one.volt_var_response_ms
        assert voltage == VOLTAGES[one.name], one.name


def test_every_source_is_named_and_every_number_is_one_entry_s():
    for listed in (GRID_CODES, DROOP_PROFILES, TRIP_PROFILES):
        assert number(listed, CUSTOM) == 0
        for k, one in enumerate(listed):
            assert number(listed, one.name) == k + 1
            assert one.nominal_hz in (50, 60)
    for code in GRID_CODES:
        assert issubclass(code, GridCode)
        assert code.droop_source and code.trip_source and code.voltage_source
        assert "volt-var" in code.voltage_open or not code.volt_var_curve


def test_a_device_reads_what_the_lists_say():
    for parameter, listed in (("grid_code", GRID_CODES), ("droop_profile", DROOP_PROFILES)):
        for one in listed:
            grid = chosen(parameter, listed, one).grid
            over, under = flat(one.droop_over), flat(one.droop_under)
            assert (grid.droop_over, grid.droop_under) == (over, under), one.name
            assert (grid.droop_response_ms, grid.droop_frozen_base) == (one.droop_response_ms, one.droop_frozen_base)
    for parameter, listed in (("grid_code", GRID_CODES), ("trip_profile", TRIP_PROFILES)):
        for one in listed:
            grid = chosen(parameter, listed, one, trip_rocof_mhz_s=one.rocof_ride_mhz_s + 1).grid
            window = grid.return_low_mhz, grid.return_high_mhz, grid.return_delay_ms, grid.enter_ramp_s
            assert (grid.block_low_pct, grid.block_high_pct, one.rocof_ride_mhz_s) + window == enter_of(one)


def test_a_grid_code_sets_the_same_as_its_two_profiles_and_the_voltage_besides():
    for code in named(GRID_CODES, VOLTAGES):
        droop = "en50549-lfsm" if code.name == "en50549" else code.name
        profiles = {"droop_profile": number(DROOP_PROFILES, droop), "trip_profile": number(TRIP_PROFILES, code.name)}
        # window and volt-var far from the code's
        own = {"return_volt_pct": 60, "return_high_pct": 125, "volt_var_deadband_permille": 7}
        own.update(volt_var_span_permille=90, volt_var_response_ms=70)
        by_code = chosen("grid_code", GRID_CODES, code, **own).grid.__dict__
        by_profiles = chosen("trip_profile", TRIP_PROFILES, code, **dict(profiles, **own)).grid.__dict__
        other = {name for name in by_code if by_code[name] != by_profiles[name]}
        expected = {"trip_table", "return_volt_pct", "return_high_pct"}
        if code.volt_var_curve:
            expected.update(("volt_var_curve", "volt_var_response_ms"))
        assert other == expected, (code.name, other)
        assert (by_code["return_volt_pct"], by_code["return_high_pct"]) == VOLTAGES[code.name][:2]
        assert by_code["volt_var_curve"] == (flat(code.volt_var_curve) or (7, 0, 97, 10000))
        assert by_code["volt_var_response_ms"] == (code.volt_var_response_ms or 70)


def test_without_a_grid_code_the_single_parameters_apply():
    parameters = Parameters()
    grid = parameters.grid
    assert grid.__dict__ == ALONE
    changes = {"droop_deadband_mhz": 30, "droop_response_ms": 11, "droop_frozen_base": 1, "enter_ramp_s": 9}
    changes.update(trip_under_mhz=47000, trip_frequency_ms=120, mains_loss_pct=40, return_delay_ms=7000)
    changes.update(return_low_mhz=49800, return_high_mhz=50200, return_volt_pct=90, return_high_pct=115)
    expected = dict(ALONE, droop_over=(30, 0, 510, 10000), droop_under=(30, 0, 510, 10000), droop_response_ms=11)
    expected.update(droop_frozen_base=1, trip_limits=(400, 0, 47000, 51500), trip_clocks_ms=(0, 120, 120, 120))
    expected.update(return_low_mhz=49800, return_high_mhz=50200, return_delay_ms=7000, enter_ramp_s=9)
    expected.update(return_volt_pct=90, return_high_pct=115)
    parameters.update(changes)
    assert grid.__dict__ == expected
    parameters.update(dict(AT_60, grid_code=number(GRID_CODES, "ieee1547-cat3")))
    assert grid.block_high_pct == 110
    parameters.update(dict(changes, nominal_hz=50, trip_over_mhz=51500, grid_code=0))
    assert grid.__dict__ == expected


def test_every_trip_table_has_a_number_of_its_own():
    choices = [("trip_profile", TRIP_PROFILES, one) for one in TRIP_PROFILES]
    choices += [("grid_code", GRID_CODES, one) for one in GRID_CODES]
    tables = [chosen(*choice).grid.trip_table for choice in choices]
    assert len(set(tables + [Parameters().grid.trip_table])) == len(choices) + 1


def test_a_grid_code_beside_a_profile_is_rejected_and_both_are_named():
    code = number(GRID_CODES, "en50549")
    for parameter in ("droop_profile", "trip_profile"):
        message = rejected({"grid_code": code, parameter: 4 if parameter == "trip_profile" else 11})
        for word in ("grid_code = %d (en50549)" % code, "droop_profile", "trip_profile", "must be 0"):
            assert word in message, message


def test_a_grid_code_of_another_nominal_frequency_and_a_rocof_limit_inside_its_ride_through_are_rejected():
    for parameter, listed in (
        ("grid_code", GRID_CODES),
        ("droop_profile", DROOP_PROFILES),
        ("trip_profile", TRIP_PROFILES),
    ):
        assert "%s %s is for 60 Hz" % (parameter, listed[0].name) in rejected({parameter: 1})
    for parameter, listed in (("grid_code", GRID_CODES), ("trip_profile", TRIP_PROFILES)):
        for one in listed:
            limit = one.rocof_ride_mhz_s
            changes = dict(AT_60 if one.nominal_hz == 60 else {}, trip_rocof_mhz_s=limit)
            changes[parameter] = number(listed, one.name)
            message = rejected(changes)
            expected = "trip_rocof_mhz_s = %d is not over the %d mHz/s that %s rides through" % (
                limit,
                limit,
                parameter,
            )
            assert expected in message, message


def test_a_change_that_is_rejected_leaves_the_grid_settings_as_they_were():
    parameters = Parameters({"grid_code": number(GRID_CODES, "en50549")})
    before = dict(parameters.grid.__dict__)
    rejected({"trip_profile": 4}, parameters)
    assert parameters.grid.__dict__ == before


def test_looking_up_a_figure_in_force_allocates_nothing():
    grid = chosen("grid_code", GRID_CODES, GRID_CODES[2]).grid

    def read():
        total = 0
        for k in range(len(grid.trip_faults)):
            total += grid.trip_faults[k] + grid.trip_limits[k] + grid.trip_clocks_ms[k]
        return total

    without_heap(read)
