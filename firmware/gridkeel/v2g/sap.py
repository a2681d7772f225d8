"""SupportedAppProtocol: which protocol both ends speak (ISO 15118-2, 8.2)."""

REQUEST = "supportedAppProtocolReq"
RESPONSE = "supportedAppProtocolRes"
NAMESPACE = "urn:iso:15118:2:2013:MsgDef"
MAJOR = 2
MINOR = 0

OK = "OK_SuccessfulNegotiation"
MINOR_DEVIATION = "OK_SuccessfulNegotiationWithMinorDeviation"
FAILED = "Failed_NoNegotiation"


def answer(request: dict) -> dict:
    """Return the response's value to a request's value; of several offers that fit, priority 1 goes first."""
    best = None
    for offer in request["AppProtocol"]:
        if offer["ProtocolNamespace"] != NAMESPACE or offer["VersionNumberMajor"] != MAJOR:
            continue
        if best is None or offer["Priority"] < best["Priority"]:
            best = offer
    if best is None:
        return {"ResponseCode": FAILED}
    code = OK if best["VersionNumberMinor"] == MINOR else MINOR_DEVIATION
    return {"ResponseCode": code, "SchemaID": best["SchemaID"]}
