"""The messages of a vehicle: requests of ISO 15118-2 as bytes, responses read back.  No socket, no clock.

The bodies are those of a three-phase AC vehicle, or of a DC vehicle of 400 V; whoever wants a wrong one changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.v2g import Pki
from gridkeel.v2g import exi, grammars, sap, v2gtp
from host_tools.backend import signing
from host_tools.errors import ToolError

Body = dict[str, Any]

EVCC_ID = bytes.fromhex("02000000a0c1")
MODE = "AC_three_phase_core"
DC_MODE = "DC_extended"
DC_V = 400
CONTRACT, EXTERNAL = "Contract", "ExternalPayment"


@dataclass(frozen=True)
class Contract:
    """A vehicle's contract: certificates as DER, leaf first, and the leaf's key."""

    emaid: str
    chain: tuple[bytes, ...]
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, pki: Pki, name: str = "contract") -> Contract:
        """Read a contract of a PKI."""
        chain = [pki.certificate(each).public_bytes(Encoding.DER) for each in pki.chain(name)[:-1]]
        key = pki.key(name)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ToolError(f"{name} has no key on a curve")
        return cls(pki.entry(name).common_name, tuple(chain), key)

    def details(self) -> Body:
        """Return the body of PaymentDetailsReq."""
        leaf, *subs = self.chain
        sent: Body = {"Certificate": leaf}
        if subs:
            sent["SubCertificates"] = {"Certificate": subs}
        return {"eMAID": self.emaid, "ContractSignatureCertChain": sent}


def frame(payload: bytes, length: int | None = None) -> bytes:
    """Return a V2GTP frame; length: what its header claims, where that is to be wrong."""
    head = bytearray(v2gtp.HEADER_BYTES)
    v2gtp.header(head, v2gtp.EXI, len(payload) if length is None else length)
    return bytes(head) + payload


def payload(data: bytes) -> bytes:
    """Return what is in a whole frame."""
    return data[v2gtp.HEADER_BYTES :]


def offer(namespace: str = sap.NAMESPACE) -> bytes:
    """Return the frame of a supportedAppProtocolReq with one protocol in it."""
    protocol = {
        "ProtocolNamespace": namespace,
        "VersionNumberMajor": sap.MAJOR,
        "VersionNumberMinor": sap.MINOR,
        "SchemaID": 1,
        "Priority": 1,
    }
    return frame(_encoded(grammars.sap(), sap.REQUEST, {"AppProtocol": [protocol]}))


def request(name: str, body: Body, session_id: bytes, signature: Body | None = None) -> bytes:
    """Return the frame of a request."""
    header: Body = {"SessionID": session_id}
    if signature is not None:
        header["Signature"] = signature
    return frame(_encoded(grammars.iso2(), "V2G_Message", {"Header": header, "Body": {name: body}}))


def read_offer(data: bytes) -> Body:
    """Return the body of a supportedAppProtocolRes, a whole frame."""
    return exi.decode(grammars.sap(), data, v2gtp.HEADER_BYTES, len(data))[1]


def read(data: bytes) -> tuple[str, bytes, Body]:
    """Return name, session id and body of a response, a whole frame."""
    _root, message = exi.decode(grammars.iso2(), data, v2gtp.HEADER_BYTES, len(data))
    ((name, body),) = message["Body"].items()
    return name, message["Header"]["SessionID"], body


def whole(data: bytes) -> bool:
    """Return whether data is a whole frame."""
    return len(data) >= v2gtp.HEADER_BYTES and len(data) >= v2gtp.HEADER_BYTES + int.from_bytes(data[4:8], "big")


def selection(payment: str) -> Body:
    """Return the body of PaymentServiceSelectionReq."""
    return {"SelectedPaymentOption": payment, "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]}}


def authorization(challenge: bytes, key: ec.EllipticCurvePrivateKey) -> tuple[Body, Body]:
    """Return the body of a contract's AuthorizationReq and its signature."""
    body: Body = {"Id": "id1", "GenChallenge": challenge}
    return body, signing.signature([("AuthorizationReq", body)], key)


def charge_parameter(mode: str = MODE) -> Body:
    """Return the body of ChargeParameterDiscoveryReq of an AC vehicle."""
    amounts = {
        "EAmount": _physical(20000, "Wh"),
        "EVMaxVoltage": _physical(400, "V"),
        "EVMaxCurrent": _physical(32, "A"),
        "EVMinCurrent": _physical(6, "A"),
    }
    return {"RequestedEnergyTransferMode": mode, "AC_EVChargeParameter": amounts}


def delivery(progress: str, schedule: int = 1, dc: bool = False) -> Body:
    """Return the body of PowerDeliveryReq."""
    body: Body = {"ChargeProgress": progress, "SAScheduleTupleID": schedule}
    if dc:
        body["DC_EVPowerDeliveryParameter"] = dc_status() | {"ChargingComplete": progress == "Stop"}
    return body


def dc_status() -> Body:
    """Return the body of CableCheckReq and WeldingDetectionReq."""
    return {"DC_EVStatus": {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 40}}


def dc_charge_parameter() -> Body:
    """Return the body of ChargeParameterDiscoveryReq of a DC vehicle."""
    limits = {
        "EVMaximumCurrentLimit": _physical(20, "A"),
        "EVMaximumPowerLimit": _physical(8000, "W"),
        "EVMaximumVoltageLimit": _physical(450, "V"),
    }
    return {"RequestedEnergyTransferMode": DC_MODE, "DC_EVChargeParameter": dc_status() | limits}


def pre_charge() -> Body:
    """Return the body of PreChargeReq."""
    return dc_status() | {"EVTargetVoltage": _physical(DC_V, "V"), "EVTargetCurrent": _physical(1, "A")}


def demand() -> Body:
    """Return the body of CurrentDemandReq."""
    requested = {"EVTargetVoltage": _physical(DC_V, "V"), "EVTargetCurrent": _physical(8, "A")}
    return dc_status() | requested | {"ChargingComplete": False}


def _physical(amount: int, unit: str) -> Body:
    return {"Multiplier": 0, "Unit": unit, "Value": amount}


def _encoded(schema: exi.Schema, name: str, value: Mapping[str, Any]) -> bytes:
    out = bytearray(v2gtp.PAYLOAD_MAX_BYTES)
    return bytes(out[: exi.encode(schema, name, value, out, 0)])
