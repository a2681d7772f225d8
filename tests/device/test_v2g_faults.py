"""A fault of the charger in a session: the car is told to stop, and only what is agreed anew closes the contactor."""

from evcc import Bench, Car, charge_parameter, delivery
from small_heap import share

from gridkeel.v2g.iso2 import status

WASM_GROUP = 1
DC = "DC_extended"


def charging(dc=False, changes=None):
    bench = Bench(dc=dc, changes=changes)
    car = Car(bench, DC if dc else "AC_single_phase_core")
    car.to_charging()
    car.charge(1)
    return bench, car


def fault(bench, ms=200):
    """A fault that comes and goes."""
    bench.outlet.ready = False
    bench.run(ms)
    bench.outlet.ready = True
    bench.run(200)


def told(car):
    return car.charge(1)["DC_EVSEStatus" if car.dc else "AC_EVSEStatus"]["EVSENotification"]


def test_a_stop_that_a_fault_told_is_told_on_when_it_is_gone():
    for dc in share((False, True), 1):
        bench, car = charging(dc)
        bench.outlet.ready = False
        assert told(car) == status.STOP
        bench.outlet.ready = True
        for _ in range(3):
            assert told(car) == status.STOP
        assert not bench.outlet.contactor_closed and not bench.outlet.allowed


def test_a_fault_between_two_messages_is_told_all_the_same():
    bench, car = charging()
    fault(bench)
    assert told(car) == status.STOP and not bench.outlet.contactor_closed


def test_the_car_s_stop_is_answered_well():
    for dc in share((False, True), 1):
        bench, car = charging(dc)
        fault(bench)
        car.stop()
        bench.run(200)
        assert not bench.outlet.contactor_closed and not bench.kinds("refused")
        bench.disconnect()


def test_a_new_agreement_closes_it_again():
    bench, car = charging()
    fault(bench)
    assert told(car) == status.STOP
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    found = car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))["AC_EVSEChargeParameter"]
    assert found["AC_EVSEStatus"]["EVSENotification"] == "None"
    assert not bench.outlet.contactor_closed
    car.ask("PowerDeliveryReq", delivery("Start", car))
    assert bench.outlet.contactor_closed and told(car) == "None"


def test_a_new_agreement_of_a_dc_outlet_tests_the_isolation_again():
    bench, car = charging(True)
    fault(bench)
    bench.outlet.isolation_end = status.ISOLATION_WARNING
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    car.cable_check_only()
    assert bench.outlet.isolation == status.ISOLATION_WARNING
    car.pre_charge()
    car.ask("PowerDeliveryReq", delivery("Start", car))
    assert bench.outlet.contactor_closed and told(car) == "None"


def test_no_new_agreement_while_the_fault_stands():
    bench, car = charging()
    bench.outlet.ready = False
    bench.run(200)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    found = car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))["AC_EVSEChargeParameter"]
    assert found["AC_EVSEStatus"]["EVSENotification"] == status.STOP
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_PowerDeliveryNotApplied")


def test_a_new_agreement_keeps_the_mode_after_a_fault():
    bench, car = charging()
    bench.outlet.three_phase = True
    fault(bench)
    car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
    car.mode = "AC_three_phase_core"
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car), "FAILED_WrongEnergyTransferMode")


def test_a_fault_in_a_pre_charge_is_told_until_the_end():
    bench = Bench(dc=True)
    car = Car(bench, DC)
    car.to_offer()
    car.cable_check()
    fault(bench)
    found = car.ask("PreChargeReq", car.request("PreChargeReq"))["DC_EVSEStatus"]
    assert (found["EVSENotification"], found["EVSEStatusCode"]) == (status.STOP, "EVSE_Shutdown")
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_PowerDeliveryNotApplied")
    assert not bench.outlet.contactor_closed


def test_a_fault_while_the_contactor_is_waited_for_is_answered_at_once():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    car.send("PowerDeliveryReq", delivery("Start", car))
    bench.run(500)
    fault(bench, 10)
    begun_ms = bench.now_ms
    assert car.receive("PowerDeliveryReq")["ResponseCode"] == "FAILED_PowerDeliveryNotApplied"
    assert bench.now_ms - begun_ms < 50
    assert bench.kinds("session")[-1][2] == "charger_not_ready"


def test_a_car_that_charges_on_after_a_fault_is_stopped():
    bench, car = charging(changes={"iso15118_notice_s": 10})
    fault(bench)
    car.charge(1)
    bench.now_ms += 14899  # told 100 ms ago, asked in the same millisecond
    car.ask(car.loop, car.request(car.loop))
    bench.now_ms += 1
    car.ask(car.loop, car.request(car.loop), "FAILED")
    assert bench.kinds("session")[-1][2] == "ev_does_not_stop"
