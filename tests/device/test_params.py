"""The table of parameters: limits, meanings, refusals."""

from gridkeel import params, params_text
from gridkeel.errors import ParameterError
from gridkeel.services import fast_reserve
from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, TRIP_PROFILES


def refused(changes):
    parameters = params.Parameters()
    before = parameters.values()
    try:
        parameters.update(changes)
    except ParameterError as error:
        assert parameters.values() == before
        return str(error)
    raise AssertionError("%r was taken" % changes)


def test_defaults_are_inside_their_own_limits():
    assert params.Parameters().values()["nominal_hz"] == 50
    for name, _unit, default, _low, _high, _meaning in params_text.rows():
        assert params.check(name, default) == default


def test_every_parameter_has_its_meaning_and_no_other():
    names = params.NAMES
    assert len(set(names)) == len(names)
    assert sorted(params_text.MEANINGS) == sorted(names)
    for name, unit, default, low, high, meaning in params_text.rows():
        assert unit and meaning, name
        assert isinstance(unit, str) and low <= default <= high, name


def test_indices_end_where_their_tables_do():
    for name, last in (
        ("droop_profile", len(DROOP_PROFILES)),
        ("fast_reserve", len(fast_reserve.TABLE) - 1),
        ("trip_profile", len(TRIP_PROFILES)),
        ("grid_code", len(GRID_CODES)),
    ):
        assert params.check(name, last) == last
        refused({name: last + 1})


def test_a_typo_is_named():
    assert "droop_deadbnd_mhz" in refused({"droop_deadbnd_mhz": 20})


def test_limits_are_named_with_unit():
    message = refused({"droop_deadband_mhz": 1001})
    assert "0..1000 mHz" in message
    assert "1001" in message


def test_types_other_than_int_are_refused():
    for value in (20.0, "20", None, True):
        assert "not an integer" in refused({"droop_deadband_mhz": value})


def test_a_refused_change_changes_no_parameter():
    assert "modbus_unit" in refused({"droop_deadband_mhz": 10, "modbus_unit": 0})


def test_values_that_contradict_each_other_are_refused():
    assert "nominal_hz" in refused({"nominal_hz": 55})
    assert "sample_hz" in refused({"sample_hz": 5000})
    assert "trip_under_mhz" in refused({"nominal_hz": 60})
    assert "soc_reserve" in refused({"soc_reserve_pct_x100": 9900})


def test_sixty_hertz_is_possible():
    changes = {
        "nominal_hz": 60,
        "trip_under_mhz": 57000,
        "trip_over_mhz": 61800,
        "return_low_mhz": 59500,
        "return_high_mhz": 60100,
    }
    assert params.Parameters(changes).nominal_hz == 60
