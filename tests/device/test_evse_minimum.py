"""The least an AC connector offers: 6 A on each phase, or nothing and the vehicle waits; no figure in between."""

from charger_setup import ChargerSetup
from connector_setup import ConnectorSetup, in_session
from controller_vehicle_setup import charging

from gridkeel import limits
from gridkeel.errors import ParameterError
from gridkeel.evse import duty, ports
from gridkeel.params import Parameters

WASM_GROUP = 1
LEAST_W = {1: 1380, 3: 4140}  # 6 A at 230 V


def test_a_session_is_offered_6_a_or_nothing():
    for phases in (1, 3):
        least_w = LEAST_W[phases]
        setup = in_session(phases=phases)
        connector = setup.connector
        for requested_w in (-3000, 0, 1, 1000, 1379, 1380, 3000, 4139, 4140, 4141, 7000, 7400):
            setup.requested_w = requested_w
            setup.run(20)
            offered_w = requested_w if requested_w >= least_w else 0
            assert connector.offered_w == min(offered_w, 7360 if phases == 1 else 7400), (phases, requested_w)
            assert connector.offered_ma == 0 or connector.offered_ma >= 6000
            assert (connector.offered_ma > 0) == (requested_w >= least_w)
            # the inverter is not commanded to charge a vehicle that was offered nothing, and that is named
            assert (connector.charge_w > 0) == (requested_w >= least_w)
            if requested_w < least_w:
                assert connector.charge_by == limits.MINIMUM_CURRENT
            assert connector.contactor.closed(), "a wait opens nothing"


def test_basic_charging_offers_a_duty_of_6_a_or_none():
    for phases in (1, 3):
        for requested_w in (1379, 1380, 3000, 4139, 4140, 7000):
            setup = ConnectorSetup(evse=1, phases=phases)
            setup.requested_w = requested_w
            setup.vehicle("B").run()
            setup.vehicle("C").run()
            ma = duty.ma_of(setup.connector.orders[ports.DUTY_PERMILLE])
            assert (ma >= 6000) == (requested_w >= LEAST_W[phases]) and (ma > 0) == setup.connector.contactor.closed()


def test_the_headroom_counts_as_the_requested_power_does():
    setup = in_session(phases=3)
    setup.headroom_w = 4139
    assert setup.run(20).connector.offered_w == 0
    setup.headroom_w = 4140
    assert setup.run(20).connector.offered_w == 4140


def test_the_limits_that_a_session_reports_follow_the_minimum():
    setup = ChargerSetup(phases=3).ready()
    setup.charger.allow(True)
    for requested_w, offered_a in ((3000, 0), (4140, 6), (6900, 10), (4100, 0), (5000, 7.246)):
        setup.requested_w = requested_w
        setup.run(20)
        assert abs(setup.charger.offered_current_a - offered_a) < 0.001, requested_w
        assert setup.charger.offered_w == (requested_w if offered_a else 0)


def test_a_schedule_has_no_power_a_vehicle_cannot_take():
    setup = ChargerSetup(phases=3, plan_charge_w=4000).ready()
    plan = setup.services.plan
    plan.begin(7, 900, 6, -1000, 100, 300, setup.connector.now_ms)
    plan.put(7, 0, (50, 50, 50, 400, 200, 60))
    assert [power_w for _start_s, power_w in setup.charger.schedule] == [0, 0, 0]
    setup = ChargerSetup(phases=1, plan_charge_w=4000).ready()
    plan = setup.services.plan
    plan.begin(7, 900, 6, -1000, 100, 300, setup.connector.now_ms)
    plan.put(7, 0, (50, 50, 50, 400, 200, 60))
    assert [power_w for _start_s, power_w in setup.charger.schedule] == [4000, 0, 4000]


def test_a_rating_under_the_minimum_offers_nothing():
    setup = ChargerSetup(phases=3).ready()
    for rated_w, most_w in ((4139, 0), (4140, 4140), (11000, 7400)):
        setup.charge_rating_w = rated_w
        assert setup.charger.max_power_w == most_w
    assert ChargerSetup(connector=1, phases=3, charge_max_w=1000).ready().charger.max_power_w == 1000


def test_a_wait_ends_as_soon_as_more_is_asked_for():
    setup = charging({"evse": 2, "phases": 3})
    controller = setup.controller
    controller.charger.session(True)
    controller.charger.allow(True)
    setup.run(2500)
    assert controller.energise
    assert (controller.envelope.permitted_w, controller.limiter) == (0, limits.MINIMUM_CURRENT)
    controller.parameters.update({"baseline_w": 5000})
    setup.run(2000)
    assert controller.envelope.permitted_w == 5000
    assert controller.connector.offered_ma == 5000 * 1000 // 690


def refused(**changes):
    try:
        Parameters(changes)
    except ParameterError as error:
        return str(error)
    return ""


def test_ratings_that_a_connector_cannot_offer_are_refused_by_name():
    for name in ("charge_max_w", "cable_max_w", "ev_charge_max_w"):
        for phases, least_w in ((1, 1380), (3, 4140)):
            for kind in (1, 2):
                said = refused(evse=kind, phases=phases, **{name: least_w - 1})
                for word in (name, str(least_w), "6 A", "phases", "nominal_v"):
                    assert word in said, (name, phases, said)
                assert not refused(evse=kind, phases=phases, **{name: least_w})
                assert not refused(evse=kind, phases=phases, **{name: 0})
            assert not refused(phases=phases, **{name: 1})
            assert not refused(evse=2, connector=1, phases=phases, **{name: 1})
    assert "720 W" in refused(evse=2, nominal_v=120, charge_max_w=719)
    assert not refused(evse=2, phases=3), "the baseline is no rating: a vehicle waits"
