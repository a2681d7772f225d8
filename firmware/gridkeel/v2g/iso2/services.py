"""ServiceDiscovery, ServiceDetail, PaymentServiceSelection: what is offered and what the EV takes of it."""

from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes, modes, responses, states
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context

CHARGE_SERVICE = 1
CERTIFICATE_SERVICE = 2

# parameter sets of the certificate service (table 106)
_INSTALLATION = {"ParameterSetID": 1, "Parameter": [{"Name": "Service", "stringValue": "Installation"}]}
_UPDATE = {"ParameterSetID": 2, "Parameter": [{"Name": "Service", "stringValue": "Update"}]}


def discovery(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer ServiceDiscoveryReq.  Scope and category narrow the list of services, never the charge service."""
    if not modes.payments(context):
        raise RefusedError(codes.FAILED, journal.NO_PAYMENT_OPTION)
    response = responses.make(states.SERVICE_DISCOVERY_REQ, context, codes.OK)
    if _certificates(context) and _wanted(body):
        service = {"ServiceID": CERTIFICATE_SERVICE, "ServiceName": "Certificate"}
        service["ServiceCategory"] = "ContractCertificate"
        service["FreeService"] = True
        response["ServiceList"] = {"Service": [service]}
    return states.DONE, response


def detail(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer ServiceDetailReq: the charge service has no details, the certificate service installs and updates."""
    service = body["ServiceID"]
    if service != CHARGE_SERVICE and not (service == CERTIFICATE_SERVICE and _certificates(context)):
        raise RefusedError(codes.SERVICE_ID_INVALID, journal.SERVICE_NOT_OFFERED)
    response = responses.make(states.SERVICE_DETAIL_REQ, context, codes.OK)
    response["ServiceID"] = service
    if service == CERTIFICATE_SERVICE:
        response["ServiceParameterList"] = {"ParameterSet": [_INSTALLATION, _UPDATE]}
    return states.DONE, response


def selection(context: Context, body: dict, _header: dict) -> "tuple[int, dict]":
    """Answer PaymentServiceSelectionReq; the payment leads to three different states."""
    payment = body["SelectedPaymentOption"]
    if payment not in modes.payments(context):
        raise RefusedError(codes.PAYMENT_SELECTION_INVALID, journal.PAYMENT_NOT_OFFERED)
    services = [service["ServiceID"] for service in body["SelectedServiceList"]["SelectedService"]]
    for service in services:
        if service != CHARGE_SERVICE and not (service == CERTIFICATE_SERVICE and _certificates(context)):
            raise RefusedError(codes.SERVICE_SELECTION_INVALID, journal.SERVICE_NOT_OFFERED)
    if CHARGE_SERVICE not in services:
        raise RefusedError(codes.NO_CHARGE_SERVICE, journal.CHARGE_SERVICE_MISSING)
    context.payment = payment
    context.certificate_service = CERTIFICATE_SERVICE in services
    response = responses.make(states.PAYMENT_SELECTION_REQ, context, codes.OK)
    if payment == modes.EXTERNAL:
        return states.EXTERNAL, response
    return states.MAY_INSTALL if context.certificate_service else states.PAY_CONTRACT, response


def _certificates(context: Context):
    return context.backend is not None and modes.CONTRACT in modes.payments(context)


def _wanted(body: dict):
    return body.get("ServiceCategory", "ContractCertificate") == "ContractCertificate" and not body.get("ServiceScope")
