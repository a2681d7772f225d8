"""The state table against ISO 15118-2 itself: what 8.8 allows, where it leads, and the times of tables 109 and 110."""

from gridkeel.errors import ProtocolError
from gridkeel.link import message_ids, messages
from gridkeel.runtime import handshake
from gridkeel.v2g import state_table
from gridkeel.v2g.iso2 import states, states_text

# state, request: condition next state ...
MOVES = """
protocol supportedAppProtocol: done setup
setup SessionSetup: done discovery
discovery ServiceDiscovery: done selection
discovery SessionStop: done ended
selection ServiceDetail: done selection
selection PaymentServiceSelection: external authorization pay_contract contract may_install certificate
selection SessionStop: done ended
contract PaymentDetails: done authorization
contract SessionStop: done ended
certificate PaymentDetails: done authorization
certificate CertificateInstallation: done contract
certificate CertificateUpdate: done contract
certificate SessionStop: done ended
authorization Authorization: ongoing authorization done charge_parameter
authorization SessionStop: done ended
charge_parameter ChargeParameterDiscovery: ac power_delivery dc cable_check
charge_parameter SessionStop: done ended
power_delivery PowerDelivery: start charging_status stop stopped_ac renegotiate charge_parameter
power_delivery SessionStop: done ended
charging_status ChargingStatus: done charging receipt receipt_ac
charging ChargingStatus: done charging receipt receipt_ac
charging PowerDelivery: stop stopped_ac renegotiate charge_parameter
receipt_ac MeteringReceipt: done charging
cable_check CableCheck: ongoing cable_check done pre_charge
cable_check SessionStop: done ended
pre_charge PreCharge: done pre_charging
pre_charge SessionStop: done ended
pre_charging PreCharge: done pre_charging
pre_charging PowerDelivery: start current_demand stop stopped_dc renegotiate charge_parameter
pre_charging SessionStop: done ended
current_demand CurrentDemand: done demanding receipt receipt_dc
demanding CurrentDemand: done demanding receipt receipt_dc
demanding PowerDelivery: stop stopped_dc renegotiate charge_parameter
receipt_dc MeteringReceipt: done demanding
stopped_ac SessionStop: done ended
stopped_dc WeldingDetection: done stopped_dc
stopped_dc SessionStop: done ended
"""

PHASES = """
supportedAppProtocol protocol_us
SessionSetup setup_us
ServiceDiscovery services_us
ServiceDetail services_us
PaymentServiceSelection services_us
CertificateInstallation certificate_us
CertificateUpdate certificate_us
PaymentDetails payment_us
Authorization authorization_us
ChargeParameterDiscovery parameter_us
PowerDelivery delivery_us
ChargingStatus loop_us
MeteringReceipt receipt_us
CableCheck cable_us
PreCharge precharge_us
CurrentDemand loop_us
WeldingDetection stop_us
SessionStop stop_us
"""

SLOW = ("ServiceDetail", "CertificateInstallation", "CertificateUpdate", "PaymentDetails", "PowerDelivery")
LOGGED_ONCE = ("Authorization", "ChargingStatus", "MeteringReceipt", "CableCheck", "PreCharge", "CurrentDemand")
LOGGED_ONCE += ("WeldingDetection",)
CONDITIONS = ("done", "ongoing", "external", "pay_contract", "may_install", "ac", "dc", "start", "stop", "renegotiate")
CONDITIONS += ("receipt",)


def test_what_may_come_in_each_state_and_where_each_answer_leads():
    expected = []
    for line in MOVES.strip().splitlines():
        head, _, tail = line.partition(": ")
        state, request = head.split()
        words = tail.split()
        for k in range(0, len(words), 2):
            expected.append((state, request + "Req", words[k], words[k + 1]))
    found = []
    for state, request, condition, following in states_text.moves():
        found.append((states_text.STATES[state], request, CONDITIONS[condition], states_text.STATES[following]))
    assert sorted(found) == sorted(expected)


def test_a_state_that_does_not_list_a_request_and_a_condition_that_it_does_not_know():
    rows = states.ROWS
    assert state_table.find(rows, states.PROTOCOL, states.APP_PROTOCOL_REQ) == 0
    assert state_table.find(rows, states.PROTOCOL, states.SESSION_SETUP_REQ) == -1
    assert state_table.find(rows, states.ENDED, states.SESSION_STOP_REQ) == -1
    at = state_table.find(rows, states.STOPPED_DC, states.SESSION_STOP_REQ)
    assert at == len(rows) - state_table.ROW_BYTES
    assert state_table.next_state(rows, states.STOPPED_DC, states.SESSION_STOP_REQ, states.DONE) == states.ENDED
    try:
        state_table.next_state(rows, states.CHARGING, states.POWER_DELIVERY_REQ, states.START)
        raise AssertionError("started where energy flows")
    except ProtocolError:
        pass
    assert state_table.row_of(rows, len(states_text.REQUESTS)) == -1


def test_a_request_has_the_same_times_phase_and_logging_in_every_state():
    rows, n = states.ROWS, state_table.ROW_BYTES
    for at in range(0, len(rows), n):
        first = state_table.row_of(rows, rows[at + state_table.REQUEST])
        assert rows[at + state_table.PERFORMANCE : at + n] == rows[first + state_table.PERFORMANCE : first + n], at
    assert len(rows) % n == 0


def test_the_performance_times_and_timeouts_are_those_of_the_standard():
    for request in states_text.REQUESTS:
        expected = (4500, 5000) if request[:-3] in SLOW else (1500, 2000)
        if request == "CurrentDemandReq":
            expected = (25, 250)
        assert states_text.times_ms(request) == expected, request


def test_which_answers_are_logged_once_a_run():
    for number, request in enumerate(states_text.REQUESTS):
        logged = states.ROWS[state_table.row_of(states.ROWS, number) + state_table.LOGGED]
        assert logged == (state_table.ONCE if request[:-3] in LOGGED_ONCE else state_table.EACH), request


def test_in_which_field_of_the_record_a_request_s_time_is_counted():
    fields = [name for name, _code, _unit in messages.fields_of(message_ids.HANDSHAKE)]
    for line in PHASES.strip().splitlines():
        request, field = line.split()
        phase = states.ROWS[state_table.row_of(states.ROWS, states.number_of(request + "Req")) + state_table.PHASE]
        assert states_text.PHASES[phase] == field == fields[handshake.field.PROTOCOL_US + phase], request
    assert len(fields) == handshake.field.COUNT
    assert [k for k, field in enumerate(fields) if field == "loop_us"] == [handshake.field.PROTOCOL_US + states.IN_LOOP]


def test_the_clocks_that_span_messages_are_those_of_the_standard():
    assert (states.SETUP_TIMEOUT_MS, states.SEQUENCE_TIMEOUT_MS) == (20000, 60000)
    assert states.CABLE_CHECK_PERFORMANCE_MS == 38000
    assert (states.PILOT_TIMEOUT_MS, states.CONTACTOR_MS, states.CONTACTOR_OPEN_MS) == (1500, 3000, 3500)


def test_a_request_s_number_is_found_by_its_name_alone():
    assert states.number_of("supportedAppProtocolReq") == states.APP_PROTOCOL_REQ
    assert states.number_of("PowerDeliveryReq") == states.POWER_DELIVERY_REQ
    assert states.number_of("SessionStopReq") == states.SESSION_STOP_REQ == len(states_text.REQUESTS) - 1
    for name in ("", "SessionStopRes", "SessionStopRe", "Signature"):
        assert states.number_of(name) == -1, name


def test_a_request_s_response_is_found_by_its_name_alone():
    assert states.response_of("PowerDeliveryReq") == "PowerDeliveryRes"
    assert states.response_of("PowerDeliveryRes") == states.response_of("Signature") == ""


def test_every_row_of_a_request_has_the_times_phase_and_logging_of_the_first():
    rows = states.ROWS
    for at in range(0, len(rows), state_table.ROW_BYTES):
        first = state_table.row_of(rows, rows[at + state_table.REQUEST])
        assert rows[at + 4 : at + 8] == rows[first + 4 : first + 8], at // state_table.ROW_BYTES
