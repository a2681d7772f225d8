"""`out_of_range` names the limit that the controller has in force, from the parameters read back from it."""

from __future__ import annotations

import inspect

import pytest

from gridkeel import params
from gridkeel.errors import ParameterError
from gridkeel.params import NAMES, Parameters
from host_tools.uplink.limits_in_force import TOGETHER, parameters_of, reason

DEFAULTS = Parameters().values()


def found(message: str, **changes: int) -> dict[str, int]:
    return {name: {**DEFAULTS, **changes}[name] for name in parameters_of(message)}


@pytest.mark.parametrize(
    ("power_w", "lifetime_ms", "words"),
    [
        (5001, 1000, "power_w = 5001 is outside -4000..5000 W in force (discharge_max_w, charge_max_w)"),
        (-4001, 1000, "power_w = -4001 is outside -4000..5000 W in force (discharge_max_w, charge_max_w)"),
        (0, 61_000, "lifetime_s = 61 is over the 60 s in force (setpoint_max_s)"),
        (5000, 60_000, ""),
    ],
)
def test_a_set_point_out_of_range_names_the_limit_in_force(power_w: int, lifetime_ms: int, words: str) -> None:
    in_force = found("setpoint", discharge_max_w=4000, charge_max_w=5000, setpoint_max_s=60)
    assert reason("setpoint", {"power_w": power_w, "lifetime_ms": lifetime_ms}, in_force) == words


def test_regulation_out_of_range_names_the_limit_in_force_with_and_without_power() -> None:
    assert "regulation_w is 0 in force" in reason(
        "regulation", {"share_pct_x100": 5}, found("regulation", regulation_w=0)
    )
    assert reason("regulation", {"share_pct_x100": 5}, found("regulation", regulation_w=100)) == ""


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_that_the_others_bound_names_them(name: str) -> None:
    """Each end of each parameter's own range, put among the defaults: what the device refuses is explained."""
    for value in params.check(name, _limit(name, 0)), params.check(name, _limit(name, 1)):
        try:
            Parameters({**DEFAULTS, name: value})
        except ParameterError as error:
            words = reason("param_set", {"index": name, "value": value}, found("param_set"))
            assert words == f"{error}, with what is in force"


def _limit(name: str, end: int) -> int:
    return next(row[3:5][end] for row in params.rows() if row[0] == name)


def test_every_parameter_that_is_checked_together_is_read_back() -> None:
    source = "".join(
        inspect.getsource(part) for part in (params._check_together, params._check_connector, params._check_nominal)
    )
    named = {name for name in NAMES if f'"{name}"' in source}
    assert named <= set(TOGETHER)


def test_without_the_parameters_of_a_controller_the_general_reason_is_given() -> None:
    assert reason("setpoint", {"power_w": 1, "lifetime_ms": 1}, {"charge_max_w": 1}) == ""
    assert reason("departure", {"in_s": 1}, {}) == ""
