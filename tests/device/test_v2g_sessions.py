"""Whole sessions with external payment, AC and DC, from the protocol handshake to SessionStop."""

from evcc import Bench, Car, charge_parameter, delivery, demand, number, offer
from garbage import share

from gridkeel.v2g import sap
from gridkeel.v2g.iso2 import status

WASM_GROUP = 1


def stopped_safely(bench):
    bench.run(500)
    assert bench.secc.closing
    outlet = bench.outlet
    assert not outlet.in_session and not outlet.broken and not outlet.allowed and not outlet.contactor_closed
    bench.disconnect()
    assert not outlet.broken


def test_ac():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    assert bench.outlet.contactor_closed
    assert bench.outlet.limits == (7360, 400, 32.0, None, 60)
    last = car.charge(5)
    assert number(last["EVSEMaxCurrent"]) == 32 and last["SAScheduleTupleID"] == 1
    assert last["MeterInfo"]["MeterID"] == "METER-1" and last["ReceiptRequired"] is False
    assert last["AC_EVSEStatus"] == {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False}
    bench.outlet.offered_w = 2300
    assert number(car.charge(1)["EVSEMaxCurrent"]) == 10
    car.stop()
    stopped_safely(bench)
    assert not bench.kinds("refused") and not bench.kinds("late") and not bench.kinds("closed")


def test_what_ac_tells_at_setup_and_offer():
    bench = Bench(changes={"iso15118_energy_modes": 3})
    bench.outlet.three_phase = True
    car = Car(bench)
    setup = car.setup()
    assert setup["EVSEID"] == "DE*GRK*E0001" and setup["EVSETimeStamp"] == 1_790_000_000
    found = car.ask("ServiceDiscoveryReq", {})
    assert found["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]}
    modes = found["ChargeService"]["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    assert modes == ["AC_single_phase_core", "AC_three_phase_core"] and "ServiceList" not in found
    car.ask("ServiceDetailReq", {"ServiceID": 1})
    car.ask("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))
    car.ask("AuthorizationReq", {})
    found = car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    assert number(found["AC_EVSEChargeParameter"]["EVSEMaxCurrent"]) == 32
    (offered,) = found["SAScheduleList"]["SAScheduleTuple"]
    (entry,) = offered["PMaxSchedule"]["PMaxScheduleEntry"]
    assert number(entry["PMax"]) == 7360
    assert entry["RelativeTimeInterval"] == {"start": 0, "duration": 86400}


def test_external_payment_waits_for_somebody():
    bench = Bench()
    bench.outlet.authorized = 0
    car = Car(bench)
    car.to_selected()
    for _ in range(3):
        assert car.ask("AuthorizationReq", {})["EVSEProcessing"] == "Ongoing_WaitingForCustomerInteraction"
        bench.run(1000)
    bench.outlet.authorized = 1
    assert car.ask("AuthorizationReq", {})["EVSEProcessing"] == "Finished"


def test_dc():
    bench = Bench(dc=True)
    car = Car(bench, "DC_extended")
    car.to_charging()
    assert bench.outlet.contactor_closed and bench.outlet.soc_pct == 40
    assert bench.outlet.limits == (80000, 500, 32.0, 7200, 60000)
    last = car.charge(5)
    assert number(last["EVSEPresentVoltage"]) == 400 and number(last["EVSEPresentCurrent"]) == 20
    assert last["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Ready"
    assert last["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Valid"
    assert last["EVSEPowerLimitAchieved"] is False and number(last["EVSEMaximumPowerLimit"]) == 50000
    car.stop()
    stopped_safely(bench)
    assert not bench.kinds("refused") and not bench.kinds("late")


def test_dc_current_follows_the_offer():
    bench = Bench(dc=True)
    car = Car(bench, "DC_extended")
    car.to_charging()
    car.charge(2)
    bench.outlet.offered_w = 4000
    car.charge(1)
    last = car.charge(1)
    assert number(last["EVSEPresentCurrent"]) == 10 and number(last["EVSEMaximumCurrentLimit"]) == 10
    assert last["EVSEPowerLimitAchieved"] is True and last["EVSECurrentLimitAchieved"] is False
    last = car.ask("CurrentDemandReq", demand(car, 500, 125))
    assert last["EVSECurrentLimitAchieved"] is True and last["EVSEVoltageLimitAchieved"] is True


def test_the_charger_stops_a_session():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    bench.outlet.stop_asked = True
    told = car.charge(1)["AC_EVSEStatus"]
    assert told["EVSENotification"] == "StopCharging" and told["NotificationMaxDelay"] == 10
    car.stop()
    stopped_safely(bench)


def test_a_fault_of_the_charger_is_a_stop():
    bench = Bench(dc=True)
    car = Car(bench, "DC_extended")
    car.to_charging()
    bench.outlet.ready = False
    told = car.charge(1)["DC_EVSEStatus"]
    assert told["EVSENotification"] == "StopCharging" and told["EVSEStatusCode"] == "EVSE_Shutdown"


def test_renegotiation_from_the_charger():
    for dc in share((False, True), 1):
        bench = Bench(dc=dc)
        car = Car(bench, "DC_extended" if dc else "AC_single_phase_core")
        car.to_charging()
        car.charge(2)
        bench.outlet.schedule = ((0, 2300), (3600, 7000))
        bench.outlet.schedule_number += 1
        name = "DC_EVSEStatus" if dc else "AC_EVSEStatus"
        assert car.charge(1)[name]["EVSENotification"] == "ReNegotiation"
        told = car.ask("PowerDeliveryReq", delivery("Renegotiate", car))
        bench.run(200)
        assert bench.outlet.contactor_closed and name in told
        found = car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
        entries = found["SAScheduleList"]["SAScheduleTuple"][0]["PMaxSchedule"]["PMaxScheduleEntry"]
        assert [number(entry["PMax"]) for entry in entries] == [2300, 7000]
        if dc:
            car.cable_check()
            car.pre_charge()
        car.ask("PowerDeliveryReq", delivery("Start", car, profile=((0, 2300), (3600, 7000))))
        assert bench.outlet.profile == ((0, 2300), (3600, 7000))
        assert car.charge(1)[name]["EVSENotification"] == "None"
        car.stop()
        stopped_safely(bench)


def test_pause_and_resume():
    bench = Bench()
    car = Car(bench)
    car.to_charging()
    car.charge(1)
    car.stop("Pause")
    stopped_safely(bench)
    bench.run(60000)
    bench.connect()
    old_id = car.session_id
    car.setup("OK_OldSessionJoined")
    assert car.session_id == old_id
    found = car.ask("ServiceDiscoveryReq", {})
    modes = found["ChargeService"]["SupportedEnergyTransferMode"]["EnergyTransferMode"]
    assert modes == ["AC_single_phase_core"]
    car.ask("PaymentServiceSelectionReq", car.request("PaymentServiceSelectionReq"))
    car.ask("AuthorizationReq", {})
    car.ask("ChargeParameterDiscoveryReq", charge_parameter(car))
    bench.outlet.wants_power = True
    car.ask("PowerDeliveryReq", delivery("Start", car))
    car.charge(2)
    car.stop()
    stopped_safely(bench)


def test_an_id_is_good_for_one_resumption_of_one_stay():
    for between in ("unplugged", "stopped", "forged"):
        bench = Bench()
        car = Car(bench)
        car.to_charging()
        car.charge(1)
        car.stop("Terminate" if between == "stopped" else "Pause")
        bench.disconnect()
        if between == "unplugged":
            bench.outlet.unplug()
            bench.outlet.plug()
        old_id = car.session_id
        if between == "forged":
            car.session_id = bytes(8 * [7])
        bench.connect()
        car.setup()
        assert car.session_id not in (old_id, bytes(8 * [7]), bytes(8)), between


def test_a_pause_before_anything_was_agreed_keeps_nothing():
    bench = Bench()
    car = Car(bench)
    car.to_authorized()
    car.ask("SessionStopReq", {"ChargingSession": "Pause"})
    bench.disconnect()
    bench.connect()
    car.setup()
    assert car.ask("ServiceDiscoveryReq", {})["PaymentOptionList"] == {"PaymentOption": ["ExternalPayment"]}


def test_a_session_is_not_resumed_over_a_weaker_transport():
    bench = Bench(secured=True)
    car = Car(bench)
    car.to_offer()
    car.ask("SessionStopReq", {"ChargingSession": "Pause"})
    bench.disconnect()
    bench.secured = False
    bench.connect()
    car.setup()


def test_plain_tcp_where_tls_is_required():
    bench = Bench(changes={"iso15118_tls": 2})
    assert bench.secc.closing and bench.kinds("closed")[0][1] == "tls_required"
    bench.disconnect()
    bench.secured = True
    bench.connect()
    Car(bench).setup()


def test_the_car_stops_before_it_charges():
    bench = Bench()
    car = Car(bench)
    car.to_power_delivery()
    car.ask("PowerDeliveryReq", delivery("Stop", car))
    car.ask("SessionStopReq", {"ChargingSession": "Terminate"})
    stopped_safely(bench)


def test_no_protocol_ends_it():
    bench = Bench()
    car = Car(bench)
    assert car.negotiate([offer(1, 1, "urn:din:70121:2012:MsgDef")]) == {"ResponseCode": sap.FAILED}
    assert bench.outlet.broken and bench.secc.closing


def test_three_phases():
    bench = Bench()
    bench.outlet.three_phase = True
    bench.outlet.max_power_w = bench.outlet.offered_w = 22080
    car = Car(bench, "AC_three_phase_core")
    car.to_charging()
    assert bench.outlet.limits[0] == 22080
    bench.outlet.offered_w = 11040
    assert number(car.charge(1)["EVSEMaxCurrent"]) == 16


def test_no_meter_no_meter_info():
    bench = Bench()
    bench.outlet.meter_id = ""
    car = Car(bench)
    car.to_charging()
    last = car.charge(1)
    assert "MeterInfo" not in last and "ReceiptRequired" not in last


def test_an_isolation_warning_is_told_and_charges():
    bench = Bench(dc=True)
    bench.outlet.isolation_end = status.ISOLATION_WARNING
    car = Car(bench, "DC_extended")
    car.to_charging()
    assert car.charge(1)["DC_EVSEStatus"]["EVSEIsolationStatus"] == "Warning"


def test_a_profile_above_the_offer_is_cut_and_the_session_goes_on():
    for dc, most_w in share(((False, 11000), (True, 11000)), 1):
        for asked_w in (11001, 11040, 22000, 32767):
            bench = Bench(dc=dc)
            bench.outlet.max_power_w = bench.outlet.offered_w = most_w
            car = Car(bench, "DC_extended" if dc else "AC_single_phase_core")
            car.to_power_delivery()
            bench.outlet.wants_power = True
            car.ask("PowerDeliveryReq", delivery("Start", car, profile=((0, asked_w),)))
            assert bench.outlet.profile == ((0, most_w),)
            told = ("delivery", "charging_profile_cut", "", asked_w - most_w)
            assert [event for event in bench.kinds("delivery") if "profile" in event[1]] == [told]
            car.charge(2)
            car.stop()
