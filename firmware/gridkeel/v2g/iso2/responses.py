"""Each response with everything the schema asks for and nothing else: phases add to it, a refusal sends it as it is."""

from gridkeel.v2g.iso2 import modes, status
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.values import physical

_NOBODY = "-" * 14  # an eMAID is 14 or 15 characters, in a refusal too


def make(request: int, context: Context, code: str) -> dict:
    """Return the body of the response to a request: code, and valid values for all that is mandatory.

    request: its number in states.py.
    """
    response = {"ResponseCode": code}
    fill = _FILL[request]
    if fill:
        fill(context, response)
    return response


def services(context: Context) -> dict:
    """Return ChargeService: the modes this session may choose from."""
    return {
        "ServiceID": 1,
        "ServiceName": "AC_DC_Charging",
        "ServiceCategory": "EVCharging",
        "FreeService": bool(context.parameters.iso15118_free_service),
        "SupportedEnergyTransferMode": {"EnergyTransferMode": modes.energy_modes(context)},
    }


def _setup(context: Context, response: dict):
    response["EVSEID"] = context.charger.evse_id


def _discovery(context: Context, response: dict):
    response["PaymentOptionList"] = {"PaymentOption": modes.payments(context) or [modes.EXTERNAL]}
    response["ChargeService"] = services(context)


def _detail(_context: Context, response: dict):
    response["ServiceID"] = 1


def _payment_details(context: Context, response: dict):
    response["GenChallenge"] = bytes(16)
    response["EVSETimeStamp"] = context.unix_s() or 0


def _processing(_context: Context, response: dict):
    response["EVSEProcessing"] = "Finished"


def _charge_parameter(context: Context, response: dict):
    response["EVSEProcessing"] = "Finished"
    if context.is_dc:
        response["DC_EVSEChargeParameter"] = status.dc_parameters(context)
    else:
        response["AC_EVSEChargeParameter"] = status.ac_parameters(context)


def _certificate(_context: Context, response: dict):
    response["SAProvisioningCertificateChain"] = {"Certificate": b""}
    response["ContractSignatureCertChain"] = {"Id": "id1", "Certificate": b""}
    response["ContractSignatureEncryptedPrivateKey"] = {"": b"", "Id": "id2"}
    response["DHpublickey"] = {"": b"", "Id": "id3"}
    response["eMAID"] = {"": _NOBODY, "Id": "id4"}


def _charging_status(context: Context, response: dict):
    response["EVSEID"] = context.charger.evse_id
    response["SAScheduleTupleID"] = context.tuple_id
    response["AC_EVSEStatus"] = status.ac(context)


def _cable_check(context: Context, response: dict):
    response["DC_EVSEStatus"] = status.dc(context)
    response["EVSEProcessing"] = "Finished"


def _present_voltage(context: Context, response: dict):
    response["DC_EVSEStatus"] = status.dc(context)
    response["EVSEPresentVoltage"] = physical(context.charger.voltage_v, "V")


def _current_demand(context: Context, response: dict):
    _present_voltage(context, response)
    response["EVSEPresentCurrent"] = physical(context.charger.current_a, "A")
    for limit in ("EVSECurrentLimitAchieved", "EVSEVoltageLimitAchieved", "EVSEPowerLimitAchieved"):
        response[limit] = False
    response["EVSEID"] = context.charger.evse_id
    response["SAScheduleTupleID"] = context.tuple_id


_FILL = (
    # by the request's number; None: the code alone
    None,
    _setup,
    _discovery,
    _detail,
    None,
    _certificate,
    _certificate,
    _payment_details,
    _processing,
    _charge_parameter,
    status.put,
    _charging_status,
    status.put,
    _cable_check,
    _present_voltage,
    _current_demand,
    _present_voltage,
    None,
)
