"""The state table against ISO 15118-2 itself: what 8.8 allows, where it leads, and the times of tables 109 and 110."""

from gridkeel.v2g.iso2 import states

ALLOWED = {
    "protocol": "supportedAppProtocol",
    "setup": "SessionSetup",
    "discovery": "ServiceDiscovery SessionStop",
    "selection": "ServiceDetail PaymentServiceSelection SessionStop",
    "contract": "PaymentDetails SessionStop",
    "contract_or_certificate": "PaymentDetails CertificateInstallation CertificateUpdate SessionStop",
    "authorization": "Authorization SessionStop",
    "charge_parameter": "ChargeParameterDiscovery SessionStop",
    "power_delivery": "PowerDelivery SessionStop",
    "charging_status": "ChargingStatus",
    "charging": "ChargingStatus PowerDelivery",
    "receipt_ac": "MeteringReceipt",
    "cable_check": "CableCheck SessionStop",
    "pre_charge": "PreCharge SessionStop",
    "pre_charging": "PreCharge PowerDelivery SessionStop",
    "current_demand": "CurrentDemand",
    "demanding": "CurrentDemand PowerDelivery",
    "receipt_dc": "MeteringReceipt",
    "stopped_ac": "SessionStop",
    "stopped_dc": "WeldingDetection SessionStop",
    "ended": "",
}

LEADS = """
SessionSetup done discovery
ServiceDiscovery done selection
ServiceDetail done selection
PaymentServiceSelection external authorization
PaymentServiceSelection contract contract
PaymentServiceSelection contract_or_install contract_or_certificate
CertificateInstallation done contract
CertificateUpdate done contract
PaymentDetails done authorization
Authorization ongoing authorization
Authorization done charge_parameter
ChargeParameterDiscovery ac power_delivery
ChargeParameterDiscovery dc cable_check
CableCheck ongoing cable_check
CableCheck done pre_charge
PreCharge done pre_charging
PowerDelivery start_ac charging_status
PowerDelivery start_dc current_demand
PowerDelivery stop_ac stopped_ac
PowerDelivery stop_dc stopped_dc
PowerDelivery renegotiate charge_parameter
ChargingStatus done charging
ChargingStatus receipt receipt_ac
CurrentDemand done demanding
CurrentDemand receipt receipt_dc
MeteringReceipt receipted_ac charging
MeteringReceipt receipted_dc demanding
WeldingDetection done stopped_dc
SessionStop done ended
"""

SLOW = ("ServiceDetail", "CertificateInstallation", "CertificateUpdate", "PaymentDetails", "PowerDelivery")


def test_what_may_come_in_each_state():
    assert len(states.STATES) == len(ALLOWED)
    for name, allowed in states.STATES:
        assert sorted(allowed) == sorted(word + "Req" for word in ALLOWED[name].split()), name


def test_where_each_answer_leads():
    rows = [line.split() for line in LEADS.strip().splitlines()]
    assert len(states.NEXT) == 3 * len(rows)
    for request, outcome, state in rows:
        assert states.STATES[states.after(request + "Req", outcome)][0] == state, (request, outcome)


def test_the_performance_times_and_timeouts():
    for request, (performance_ms, timeout_ms, _repeats) in states.MESSAGES.items():
        expected = (4500, 5000) if request[:-3] in SLOW else (1500, 2000)
        if request == "CurrentDemandReq":
            expected = (25, 250)
        assert (performance_ms, timeout_ms) == expected, request


def test_the_clocks_that_span_messages():
    assert (states.SETUP_TIMEOUT_MS, states.SEQUENCE_TIMEOUT_MS) == (20000, 60000)
    assert states.CABLE_CHECK_PERFORMANCE_MS == 38000
    assert (states.PILOT_TIMEOUT_MS, states.CONTACTOR_MS, states.CONTACTOR_OPEN_MS) == (1500, 3000, 3500)


def test_names_of_responses():
    assert states.response_of("PowerDeliveryReq") == "PowerDeliveryRes"
    assert states.response_of("PowerDeliveryRes") == states.response_of("Signature") == ""
