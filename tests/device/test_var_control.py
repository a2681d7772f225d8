"""Percent of a rating: which rating counts, and what is counted with after rounding."""

from gridkeel.inverter import sunspec
from gridkeel.inverter.sunspec import points, var_control

FIRST = 40100


class Found:
    """A discovery that found 120, 121 and 123 and kept these points, unscaled."""

    def __init__(self, pct_sf=0):
        self._pct_sf = pct_sf & 0xFFFF
        self._kept = {}

    def address_of(self, model):
        return FIRST if model in (sunspec.NAMEPLATE, sunspec.BASIC, sunspec.IMMEDIATE) else -1

    def word(self, model, point):
        assert (model, point) == (sunspec.IMMEDIATE, points.P123_VARPCT_SF)
        return self._pct_sf

    def unsigned(self, model, point, scale):
        known = {
            points.P120_WRTG: points.P120_WRTG_SF,
            points.P120_VARTG: points.P120_VARTG_SF,
        }
        if model == sunspec.BASIC:
            known = {points.P121_WMAX: points.P121_WMAX_SF, points.P121_VAMAX: points.P121_VAMAX_SF}
        assert known[point] == scale
        return self._kept.get((model, point), sunspec.UNKNOWN)

    def signed(self, model, point, scale):
        return self._kept.get((model, point), sunspec.UNKNOWN)

    def keep(self, model, point, value):
        self._kept[(model, point)] = value
        return self


def bound(found):
    control = var_control.VarControl123()
    assert control.bind(found, 5000)
    return control


def quadrants(found, *sizes):
    for i in range(4):
        found.keep(sunspec.BASIC, points.P121_VARMAXQ1 + i, sizes[i])
    return found


def commanded(control, var):
    control.encode(var, 1, 0)
    return control.commanded_var


def test_the_smaller_of_two_quadrants_counts_on_each_side():
    control = bound(quadrants(Found(), 1000, 3000, 4000, 2000))
    assert (commanded(control, -9000), commanded(control, 9000)) == (-1000, 2000)
    control = bound(quadrants(Found(), 3000, 1000, 2000, 4000))
    assert (commanded(control, -9000), commanded(control, 9000)) == (-1000, 2000)


def test_without_quadrants_it_is_a_share_of_the_active_rating():
    found = Found().keep(sunspec.NAMEPLATE, points.P120_WRTG, 2500)
    assert commanded(bound(found), 9000) == 2500
    found.keep(sunspec.BASIC, points.P121_WMAX, 2000)
    assert commanded(bound(found), 9000) == 2000
    assert not var_control.VarControl123().bind(Found(), 5000)


def test_what_is_commanded_is_what_is_left_after_rounding_to_a_percent():
    control = bound(Found().keep(sunspec.NAMEPLATE, points.P120_WRTG, 2500))
    assert (commanded(control, 1010), commanded(control, -1010), commanded(control, 24)) == (1000, -1000, 0)


def test_a_share_that_does_not_fit_its_register_is_not_set():
    kept = (sunspec.NAMEPLATE, points.P120_WRTG, 2500)
    assert var_control.VarControl123().bind(Found(-2).keep(*kept), 5000)
    assert not var_control.VarControl123().bind(Found(-3).keep(*kept), 5000)


def test_the_apparent_power_is_the_setting_before_the_rating():
    found = Found().keep(sunspec.NAMEPLATE, points.P120_VARTG, 7000)
    assert var_control.apparent_va(found) == 7000
    found.keep(sunspec.BASIC, points.P121_VAMAX, 6000)
    assert var_control.apparent_va(found) == 6000
    assert var_control.apparent_va(Found()) == sunspec.UNKNOWN
