"""State table of ISO 15118-2, AC and DC: what may come in which state, where its answer leads, how long it may take.

Source: ISO 15118-2:2014, 8.7.2 (tables 109 and 110) for times, 8.8 for the order of messages.  state_table.py reads
the table, states_text.py has the names of states and phases.
"""

from gridkeel.v2g.state_table import EACH, ONCE, TIME_UNIT_MS

# --- what the session waits for
PROTOCOL = 0
SETUP = 1
DISCOVERY = 2
SELECTION = 3
CONTRACT = 4
CERTIFICATE = 5
AUTHORIZATION = 6
CHARGE_PARAMETER = 7
POWER_DELIVERY = 8
CHARGING_STATUS = 9
CHARGING = 10
RECEIPT_AC = 11
CABLE_CHECK = 12
PRE_CHARGE = 13
PRE_CHARGING = 14
CURRENT_DEMAND = 15
DEMANDING = 16
RECEIPT_DC = 17
STOPPED_AC = 18
STOPPED_DC = 19
ENDED = 20

# --- requests, in the order of their names below
APP_PROTOCOL_REQ = 0
SESSION_SETUP_REQ = 1
SERVICE_DISCOVERY_REQ = 2
SERVICE_DETAIL_REQ = 3
PAYMENT_SELECTION_REQ = 4
INSTALLATION_REQ = 5
UPDATE_REQ = 6
PAYMENT_DETAILS_REQ = 7
AUTHORIZATION_REQ = 8
CHARGE_PARAMETER_REQ = 9
POWER_DELIVERY_REQ = 10
CHARGING_STATUS_REQ = 11
METERING_RECEIPT_REQ = 12
CABLE_CHECK_REQ = 13
PRE_CHARGE_REQ = 14
CURRENT_DEMAND_REQ = 15
WELDING_DETECTION_REQ = 16
SESSION_STOP_REQ = 17

# --- what a phase returns beside the answer
DONE = 0
ONGOING = 1
EXTERNAL = 2
PAY_CONTRACT = 3
MAY_INSTALL = 4
AC = 5
DC = 6
START = 7
STOP = 8
RENEGOTIATE = 9
RECEIPT = 10

# --- phases, in the order of their times in the HANDSHAKE record
IN_PROTOCOL = 0
IN_SETUP = 1
IN_SERVICES = 2
IN_CERTIFICATE = 3
IN_PAYMENT = 4
IN_AUTHORIZATION = 5
IN_PARAMETERS = 6
IN_CABLE_CHECK = 7
IN_PRE_CHARGE = 8
IN_DELIVERY = 9
IN_LOOP = 10
IN_RECEIPT = 11
IN_STOP = 12

MS_25 = 25 // TIME_UNIT_MS
MS_250 = 250 // TIME_UNIT_MS
MS_1500 = 1500 // TIME_UNIT_MS
MS_2000 = 2000 // TIME_UNIT_MS
MS_4500 = 4500 // TIME_UNIT_MS
MS_5000 = 5000 // TIME_UNIT_MS

# fmt: off
ROWS = bytes((
    # state           request                condition     next state        within   timeout  phase             logged
    PROTOCOL,         APP_PROTOCOL_REQ,      DONE,         SETUP,            MS_1500, MS_2000, IN_PROTOCOL,      EACH,
    SETUP,            SESSION_SETUP_REQ,     DONE,         DISCOVERY,        MS_1500, MS_2000, IN_SETUP,         EACH,
    DISCOVERY,        SERVICE_DISCOVERY_REQ, DONE,         SELECTION,        MS_1500, MS_2000, IN_SERVICES,      EACH,
    DISCOVERY,        SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    SELECTION,        SERVICE_DETAIL_REQ,    DONE,         SELECTION,        MS_4500, MS_5000, IN_SERVICES,      EACH,
    SELECTION,        PAYMENT_SELECTION_REQ, EXTERNAL,     AUTHORIZATION,    MS_1500, MS_2000, IN_SERVICES,      EACH,
    SELECTION,        PAYMENT_SELECTION_REQ, PAY_CONTRACT, CONTRACT,         MS_1500, MS_2000, IN_SERVICES,      EACH,
    SELECTION,        PAYMENT_SELECTION_REQ, MAY_INSTALL,  CERTIFICATE,      MS_1500, MS_2000, IN_SERVICES,      EACH,
    SELECTION,        SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    CONTRACT,         PAYMENT_DETAILS_REQ,   DONE,         AUTHORIZATION,    MS_4500, MS_5000, IN_PAYMENT,       EACH,
    CONTRACT,         SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    CERTIFICATE,      PAYMENT_DETAILS_REQ,   DONE,         AUTHORIZATION,    MS_4500, MS_5000, IN_PAYMENT,       EACH,
    CERTIFICATE,      INSTALLATION_REQ,      DONE,         CONTRACT,         MS_4500, MS_5000, IN_CERTIFICATE,   EACH,
    CERTIFICATE,      UPDATE_REQ,            DONE,         CONTRACT,         MS_4500, MS_5000, IN_CERTIFICATE,   EACH,
    CERTIFICATE,      SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    AUTHORIZATION,    AUTHORIZATION_REQ,     ONGOING,      AUTHORIZATION,    MS_1500, MS_2000, IN_AUTHORIZATION, ONCE,
    AUTHORIZATION,    AUTHORIZATION_REQ,     DONE,         CHARGE_PARAMETER, MS_1500, MS_2000, IN_AUTHORIZATION, ONCE,
    AUTHORIZATION,    SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    CHARGE_PARAMETER, CHARGE_PARAMETER_REQ,  AC,           POWER_DELIVERY,   MS_1500, MS_2000, IN_PARAMETERS,    EACH,
    CHARGE_PARAMETER, CHARGE_PARAMETER_REQ,  DC,           CABLE_CHECK,      MS_1500, MS_2000, IN_PARAMETERS,    EACH,
    CHARGE_PARAMETER, SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    POWER_DELIVERY,   POWER_DELIVERY_REQ,    START,        CHARGING_STATUS,  MS_4500, MS_5000, IN_DELIVERY,      EACH,
    POWER_DELIVERY,   POWER_DELIVERY_REQ,    STOP,         STOPPED_AC,       MS_4500, MS_5000, IN_DELIVERY,      EACH,
    POWER_DELIVERY,   POWER_DELIVERY_REQ,    RENEGOTIATE,  CHARGE_PARAMETER, MS_4500, MS_5000, IN_DELIVERY,      EACH,
    POWER_DELIVERY,   SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    CHARGING_STATUS,  CHARGING_STATUS_REQ,   DONE,         CHARGING,         MS_1500, MS_2000, IN_LOOP,          ONCE,
    CHARGING_STATUS,  CHARGING_STATUS_REQ,   RECEIPT,      RECEIPT_AC,       MS_1500, MS_2000, IN_LOOP,          ONCE,
    CHARGING,         CHARGING_STATUS_REQ,   DONE,         CHARGING,         MS_1500, MS_2000, IN_LOOP,          ONCE,
    CHARGING,         CHARGING_STATUS_REQ,   RECEIPT,      RECEIPT_AC,       MS_1500, MS_2000, IN_LOOP,          ONCE,
    CHARGING,         POWER_DELIVERY_REQ,    STOP,         STOPPED_AC,       MS_4500, MS_5000, IN_DELIVERY,      EACH,
    CHARGING,         POWER_DELIVERY_REQ,    RENEGOTIATE,  CHARGE_PARAMETER, MS_4500, MS_5000, IN_DELIVERY,      EACH,
    RECEIPT_AC,       METERING_RECEIPT_REQ,  DONE,         CHARGING,         MS_1500, MS_2000, IN_RECEIPT,       ONCE,
    CABLE_CHECK,      CABLE_CHECK_REQ,       ONGOING,      CABLE_CHECK,      MS_1500, MS_2000, IN_CABLE_CHECK,   ONCE,
    CABLE_CHECK,      CABLE_CHECK_REQ,       DONE,         PRE_CHARGE,       MS_1500, MS_2000, IN_CABLE_CHECK,   ONCE,
    CABLE_CHECK,      SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    PRE_CHARGE,       PRE_CHARGE_REQ,        DONE,         PRE_CHARGING,     MS_1500, MS_2000, IN_PRE_CHARGE,    ONCE,
    PRE_CHARGE,       SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    PRE_CHARGING,     PRE_CHARGE_REQ,        DONE,         PRE_CHARGING,     MS_1500, MS_2000, IN_PRE_CHARGE,    ONCE,
    PRE_CHARGING,     POWER_DELIVERY_REQ,    START,        CURRENT_DEMAND,   MS_4500, MS_5000, IN_DELIVERY,      EACH,
    PRE_CHARGING,     POWER_DELIVERY_REQ,    STOP,         STOPPED_DC,       MS_4500, MS_5000, IN_DELIVERY,      EACH,
    PRE_CHARGING,     POWER_DELIVERY_REQ,    RENEGOTIATE,  CHARGE_PARAMETER, MS_4500, MS_5000, IN_DELIVERY,      EACH,
    PRE_CHARGING,     SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    CURRENT_DEMAND,   CURRENT_DEMAND_REQ,    DONE,         DEMANDING,        MS_25,   MS_250,  IN_LOOP,          ONCE,
    CURRENT_DEMAND,   CURRENT_DEMAND_REQ,    RECEIPT,      RECEIPT_DC,       MS_25,   MS_250,  IN_LOOP,          ONCE,
    DEMANDING,        CURRENT_DEMAND_REQ,    DONE,         DEMANDING,        MS_25,   MS_250,  IN_LOOP,          ONCE,
    DEMANDING,        CURRENT_DEMAND_REQ,    RECEIPT,      RECEIPT_DC,       MS_25,   MS_250,  IN_LOOP,          ONCE,
    DEMANDING,        POWER_DELIVERY_REQ,    STOP,         STOPPED_DC,       MS_4500, MS_5000, IN_DELIVERY,      EACH,
    DEMANDING,        POWER_DELIVERY_REQ,    RENEGOTIATE,  CHARGE_PARAMETER, MS_4500, MS_5000, IN_DELIVERY,      EACH,
    RECEIPT_DC,       METERING_RECEIPT_REQ,  DONE,         DEMANDING,        MS_1500, MS_2000, IN_RECEIPT,       ONCE,
    STOPPED_AC,       SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
    STOPPED_DC,       WELDING_DETECTION_REQ, DONE,         STOPPED_DC,       MS_1500, MS_2000, IN_STOP,          ONCE,
    STOPPED_DC,       SESSION_STOP_REQ,      DONE,         ENDED,            MS_1500, MS_2000, IN_STOP,          EACH,
))
# fmt: on

# Between spaces; one constant, which a board reads where it lies and needs no heap for.
_REQUESTS = (
    b" supportedAppProtocolReq SessionSetupReq ServiceDiscoveryReq ServiceDetailReq PaymentServiceSelectionReq "
    b"CertificateInstallationReq CertificateUpdateReq PaymentDetailsReq AuthorizationReq ChargeParameterDiscoveryReq "
    b"PowerDeliveryReq ChargingStatusReq MeteringReceiptReq CableCheckReq PreChargeReq CurrentDemandReq "
    b"WeldingDetectionReq SessionStopReq "
)

# --- clocks that span messages, ms
SETUP_TIMEOUT_MS = 20000  # V2G_EVCC_CommunicationSetup_Timeout: until SessionSetupRes is out
SEQUENCE_TIMEOUT_MS = 60000  # V2G_SECC_Sequence_Timeout: from a response to the next request
CABLE_CHECK_PERFORMANCE_MS = 38000  # V2G_SECC_CableCheck_Performance_Time; the EV gives up after 40 s
PILOT_TIMEOUT_MS = 1500  # V2G_SECC_CPState_Detection_Timeout: state C or D after PowerDelivery Start
CONTACTOR_MS = 3000  # [V2G2-860]: the contactor has closed, or the answer is FAILED_ContactorError
CONTACTOR_OPEN_MS = 3500  # a connector waits up to 3 s for the EV to end its current, and then for the contact


def number_of(request: str) -> int:
    """Return the number of a request's name, -1 where it is no request."""
    at = _REQUESTS.find(b" %s " % request.encode())
    return _REQUESTS.count(b" ", 0, at) if at >= 0 else -1


def response_of(request: str) -> str:
    """Return the name of the response to a request, "" where the name is no request."""
    return request[:-1] + "s" if request.endswith("Req") else ""
