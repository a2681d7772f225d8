"""What vehicles were seen to do that a by-the-book peer never does, and that must not cost them their session."""

from charger_station import ChargerStation
from evcc import EVCC_ID, Bench, Car, ClosedError, delivery, demand, offer
from reaching import reach

from gridkeel.v2g import sap
from gridkeel.v2g.iso2 import states, status

WASM_GROUP = 0  # several whole sessions a test, and nothing is collected there
DC = "DC_extended"
VENDOR = "urn:vendor:din:2018:MsgDef"


def test_namespaces_of_a_vendor_and_of_other_standards_before_ours():
    ours = offer(7, 3)
    others = (
        offer(1, 1, VENDOR),
        offer(2, 1, "urn:din:70121:2012:MsgDef"),
        offer(3, 1, "urn:iso:std:iso:15118:-20:AC", 1),
        offer(4, 1, "urn:iso:15118:2:2010:MsgDef", 1),
        offer(5, 1, sap.NAMESPACE, 3),
        offer(6, 1, "x" * 100),
        offer(8, 1, "\xfcrn:\u20ac"),
    )
    for other in others:
        for offers in ([other, ours], [ours, other]):
            car = Car(Bench())
            assert car.negotiate(offers) == {"ResponseCode": sap.OK, "SchemaID": 7}
            car.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "OK_NewSessionEstablished")


def test_a_vendor_s_namespace_alone_is_no_protocol_in_common():
    car = Car(Bench())
    assert car.negotiate([offer(1, 1, VENDOR)]) == {"ResponseCode": sap.FAILED}


def test_a_session_ends_in_order_wherever_around_the_cable_check_it_is_stopped():
    for after in ("discovery", "ongoing", "finished", "pre-charge"):
        for kind in ("Terminate", "Pause"):
            bench = Bench(dc=True)
            car = Car(bench, DC)
            car.to_offer()
            bench.outlet.wants_power = True
            if after == "ongoing":
                assert car.ask("CableCheckReq", car.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing"
            elif after != "discovery":
                car.cable_check()
            if after == "pre-charge":
                car.ask("PreChargeReq", car.request("PreChargeReq"))
            car.ask("SessionStopReq", {"ChargingSession": kind})
            bench.run(500)
            outlet = bench.outlet
            assert not (outlet.allowed or outlet.contactor_closed or outlet.in_session or outlet.broken), after
            assert outlet.isolation == status.ISOLATION_UNKNOWN, "the next session tests for itself"
            bench.disconnect()
            bench.connect()
            again = Car(bench, DC)
            again.session_id = bytes(1)
            again.to_charging()
            again.charge(1)


def test_a_renegotiation_that_a_car_does_not_follow_ends_nothing():
    for dc in (False, True):
        bench = Bench(dc=dc, changes={"iso15118_notice_s": 1})
        car = Car(bench, DC if dc else "AC_single_phase_core")
        car.to_charging()
        car.charge(1)
        bench.outlet.schedule_number += 1
        bench.outlet.offered_w //= 2
        for _ in range(100):
            last = car.charge(1)
            bench.run(1000)
            told = last["DC_EVSEStatus" if dc else "AC_EVSEStatus"]
            assert told["EVSENotification"] == "ReNegotiation"
        assert bench.outlet.contactor_closed
        car.stop()


def test_a_car_that_comes_to_state_c_late_is_waited_for():
    for late_ms in (0, 250, 500, 1000, states.PILOT_TIMEOUT_MS - 100):
        car = reach(states.POWER_DELIVERY)
        bench = car.bench
        bench.outlet.wants_power = False
        car.send("PowerDeliveryReq", delivery("Start", car))
        bench.run(late_ms)
        bench.outlet.wants_power = True
        assert car.receive("PowerDeliveryReq")["ResponseCode"] == "OK", late_ms


def test_a_car_that_was_too_late_for_state_c_may_try_again():
    car = reach(states.POWER_DELIVERY)
    bench = car.bench
    bench.outlet.wants_power = False
    car.ask("PowerDeliveryReq", delivery("Start", car), "FAILED_PowerDeliveryNotApplied")
    bench.disconnect()
    bench.connect()
    again = Car(bench)
    again.to_charging()
    again.charge(1)


def test_a_car_that_fails_and_is_plugged_in_again_is_served_however_often():
    for how in ("refused", "no message", "hung up", "unplugged"):
        bench = Bench()
        for round_ in range(4):
            car = Car(bench)
            car.to_charging()
            car.charge(1)
            _fail(bench, car, how)
            bench.outlet.unplug()
            bench.run(200)
            bench.disconnect()
            outlet = bench.outlet
            assert not (outlet.allowed or outlet.contactor_closed or outlet.in_session), (how, round_)
            bench.outlet.plug()
            bench.connect()
        car = Car(bench)
        car.to_charging()
        car.charge(1)
        car.stop()


def _fail(bench, car, how):
    if how == "refused":
        car.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, "FAILED_SequenceError")
    elif how == "no message":
        bench.send_frame(b"\x80\x98\xff\xff")
        try:
            bench.answer()
            raise AssertionError("answered")
        except ClosedError:
            pass
    elif how == "hung up":
        bench.disconnect()


def test_a_connector_begins_anew_with_every_plug():
    bench = ChargerStation()
    charger = bench.charger
    for failed in (True, False, True, True):
        bench.vehicle("B").run()
        assert (charger.plugged, charger.digital, charger.ready) == (True, True, True)
        charger.session(True)
        bench.vehicle("C").run()
        charger.allow(True)
        bench.run()
        assert charger.contactor_closed
        charger.session(False, failed)
        bench.vehicle("A").run(3_300)
        assert charger.contactor_open and not charger.allowed


def test_a_target_over_the_connector_s_voltage_charges_to_the_end():
    car = reach(states.DEMANDING)
    outlet = car.bench.outlet
    car.bench.parameters.dc_voltage_max_v = 450
    for _ in range(5):
        found = car.ask("CurrentDemandReq", demand(car, 481, 20))
        assert found["EVSEVoltageLimitAchieved"] is True and outlet.target == (450, 20)
        car.bench.run(100)
    car.stop()
