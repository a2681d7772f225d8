"""The one table of a session, AC and DC: what may come in which state, where an answer leads, how long things may take.

Source: ISO 15118-2:2014, 8.7.2 (tables 109 and 110) for times, 8.8 for the order of messages.
"""

from gridkeel.errors import ProtocolError

# --- what the session waits for; the number is the index into STATES
PROTOCOL = 0
SETUP = 1
DISCOVERY = 2
SELECTION = 3
CONTRACT = 4
CONTRACT_OR_CERTIFICATE = 5
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

STATES = (
    # name, requests allowed
    ("protocol", ("supportedAppProtocolReq",)),
    ("setup", ("SessionSetupReq",)),
    ("discovery", ("ServiceDiscoveryReq", "SessionStopReq")),
    ("selection", ("ServiceDetailReq", "PaymentServiceSelectionReq", "SessionStopReq")),
    ("contract", ("PaymentDetailsReq", "SessionStopReq")),
    (
        "contract_or_certificate",
        ("PaymentDetailsReq", "CertificateInstallationReq", "CertificateUpdateReq", "SessionStopReq"),
    ),
    ("authorization", ("AuthorizationReq", "SessionStopReq")),
    ("charge_parameter", ("ChargeParameterDiscoveryReq", "SessionStopReq")),
    ("power_delivery", ("PowerDeliveryReq", "SessionStopReq")),
    ("charging_status", ("ChargingStatusReq",)),
    ("charging", ("ChargingStatusReq", "PowerDeliveryReq")),
    ("receipt_ac", ("MeteringReceiptReq",)),
    ("cable_check", ("CableCheckReq", "SessionStopReq")),
    ("pre_charge", ("PreChargeReq", "SessionStopReq")),
    ("pre_charging", ("PreChargeReq", "PowerDeliveryReq", "SessionStopReq")),
    ("current_demand", ("CurrentDemandReq",)),
    ("demanding", ("CurrentDemandReq", "PowerDeliveryReq")),
    ("receipt_dc", ("MeteringReceiptReq",)),
    ("stopped_ac", ("SessionStopReq",)),
    ("stopped_dc", ("WeldingDetectionReq", "SessionStopReq")),
    ("ended", ()),
)

# --- what a phase says of its answer, beside the answer itself
DONE = "done"
ONGOING = "ongoing"
EXTERNAL = "external"
PAY_CONTRACT = "contract"
PAY_CONTRACT_OR_INSTALL = "contract_or_install"
AC = "ac"
DC = "dc"
START_AC = "start_ac"
START_DC = "start_dc"
STOP_AC = "stop_ac"
STOP_DC = "stop_dc"
RENEGOTIATE = "renegotiate"
RECEIPT = "receipt"
RECEIPTED_AC = "receipted_ac"
RECEIPTED_DC = "receipted_dc"

NEXT = (
    # request, what its answer says, what is waited for then; flat, which takes a third of a dict's room
    # fmt: off
    "SessionSetupReq",
    DONE,
    DISCOVERY,
    "ServiceDiscoveryReq",
    DONE,
    SELECTION,
    "ServiceDetailReq",
    DONE,
    SELECTION,
    "PaymentServiceSelectionReq",
    EXTERNAL,
    AUTHORIZATION,
    "PaymentServiceSelectionReq",
    PAY_CONTRACT,
    CONTRACT,
    "PaymentServiceSelectionReq",
    PAY_CONTRACT_OR_INSTALL,
    CONTRACT_OR_CERTIFICATE,
    "CertificateInstallationReq",
    DONE,
    CONTRACT,
    "CertificateUpdateReq",
    DONE,
    CONTRACT,
    "PaymentDetailsReq",
    DONE,
    AUTHORIZATION,
    "AuthorizationReq",
    ONGOING,
    AUTHORIZATION,
    "AuthorizationReq",
    DONE,
    CHARGE_PARAMETER,
    "ChargeParameterDiscoveryReq",
    AC,
    POWER_DELIVERY,
    "ChargeParameterDiscoveryReq",
    DC,
    CABLE_CHECK,
    "CableCheckReq",
    ONGOING,
    CABLE_CHECK,
    "CableCheckReq",
    DONE,
    PRE_CHARGE,
    "PreChargeReq",
    DONE,
    PRE_CHARGING,
    "PowerDeliveryReq",
    START_AC,
    CHARGING_STATUS,
    "PowerDeliveryReq",
    START_DC,
    CURRENT_DEMAND,
    "PowerDeliveryReq",
    STOP_AC,
    STOPPED_AC,
    "PowerDeliveryReq",
    STOP_DC,
    STOPPED_DC,
    "PowerDeliveryReq",
    RENEGOTIATE,
    CHARGE_PARAMETER,
    "ChargingStatusReq",
    DONE,
    CHARGING,
    "ChargingStatusReq",
    RECEIPT,
    RECEIPT_AC,
    "CurrentDemandReq",
    DONE,
    DEMANDING,
    "CurrentDemandReq",
    RECEIPT,
    RECEIPT_DC,
    "MeteringReceiptReq",
    RECEIPTED_AC,
    CHARGING,
    "MeteringReceiptReq",
    RECEIPTED_DC,
    DEMANDING,
    "WeldingDetectionReq",
    DONE,
    STOPPED_DC,
    "SessionStopReq",
    DONE,
    ENDED,
    # fmt: on
)

MESSAGES = {
    # request: SECC performance time in ms, EVCC timeout in ms, may repeat (told once a run in the log)
    "supportedAppProtocolReq": (1500, 2000, False),
    "SessionSetupReq": (1500, 2000, False),
    "ServiceDiscoveryReq": (1500, 2000, False),
    "ServiceDetailReq": (4500, 5000, False),
    "PaymentServiceSelectionReq": (1500, 2000, False),
    "CertificateInstallationReq": (4500, 5000, False),
    "CertificateUpdateReq": (4500, 5000, False),
    "PaymentDetailsReq": (4500, 5000, False),
    "AuthorizationReq": (1500, 2000, True),
    "ChargeParameterDiscoveryReq": (1500, 2000, False),
    "PowerDeliveryReq": (4500, 5000, False),
    "ChargingStatusReq": (1500, 2000, True),
    "MeteringReceiptReq": (1500, 2000, True),
    "CableCheckReq": (1500, 2000, True),
    "PreChargeReq": (1500, 2000, True),
    "CurrentDemandReq": (25, 250, True),
    "WeldingDetectionReq": (1500, 2000, True),
    "SessionStopReq": (1500, 2000, False),
}

# --- clocks that span messages, ms
SETUP_TIMEOUT_MS = 20000  # V2G_EVCC_CommunicationSetup_Timeout: until SessionSetupRes is out
SEQUENCE_TIMEOUT_MS = 60000  # V2G_SECC_Sequence_Timeout: from a response to the next request
CABLE_CHECK_PERFORMANCE_MS = 38000  # V2G_SECC_CableCheck_Performance_Time; the car gives up after 40 s
PILOT_TIMEOUT_MS = 1500  # V2G_SECC_CPState_Detection_Timeout: state C or D after PowerDelivery Start
CONTACTOR_MS = 3000  # [V2G2-860]: the contactor has closed, or the answer is FAILED_ContactorError
CONTACTOR_OPEN_MS = 3500  # an outlet waits up to 3 s for the car to end its current, and then for the contact


def after(request, outcome):
    """Return the state that an answer leads to."""
    for k in range(0, len(NEXT), 3):
        if NEXT[k] == request and NEXT[k + 1] == outcome:
            return NEXT[k + 2]
    raise ProtocolError("%s has no outcome %s" % (request, outcome))


def response_of(request):
    """Return the name of the response to a request, "" where the name is no request."""
    return request[:-1] + "s" if request.endswith("Req") else ""
