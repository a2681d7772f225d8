"""The messages that the codec is timed on: one small, one of many fields, one of many bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from certs import v2g
from gridkeel.v2g import exi, grammars
from host_tools.handshake.tables import Message

ROOM = 4096
_CERTIFICATE_BYTES = 500
_SESSION = bytes(8)
_SERVICE = {"ServiceID": 2, "ServiceName": "Certificate", "ServiceCategory": "ContractCertificate", "FreeService": True}

_APP_PROTOCOL = {
    "ProtocolNamespace": "urn:iso:15118:2:2013:MsgDef",
    "VersionNumberMajor": 2,
    "VersionNumberMinor": 0,
    "SchemaID": 1,
    "Priority": 1,
}
_BODIES: dict[str, dict[str, Any]] = {
    "small": {"SessionSetupReq": {"EVCCID": b"\x02\x00\x00\x00\x00\x01"}},
    "fields": {
        "ServiceDiscoveryRes": {
            "ResponseCode": "OK",
            "PaymentOptionList": {"PaymentOption": ["Contract", "ExternalPayment"]},
            "ChargeService": {
                "ServiceID": 1,
                "ServiceCategory": "EVCharging",
                "FreeService": True,
                "SupportedEnergyTransferMode": {"EnergyTransferMode": ["AC_three_phase_core"]},
            },
            "ServiceList": {"Service": [_SERVICE] * 8},
        }
    },
    "bytes": {
        "PaymentDetailsReq": {
            "eMAID": "UKSWI123456791A",
            "ContractSignatureCertChain": {
                "Certificate": bytes(_CERTIFICATE_BYTES),
                "SubCertificates": {"Certificate": [bytes(_CERTIFICATE_BYTES)] * 2},
            },
        }
    },
}


def messages() -> dict[str, bytes]:
    """Return the EXI of each sample, and of the request that opens a session."""
    made = {"sap": _encoded(grammars.sap(), "supportedAppProtocolReq", {"AppProtocol": [_APP_PROTOCOL]})}
    for name, body in _BODIES.items():
        made[name] = _encoded(grammars.iso2(), "V2G_Message", {"Header": {"SessionID": _SESSION}, "Body": body})
    return made


def shapes() -> dict[str, Message]:
    """Return the size of each sample's EXI and the simple values in it."""
    made = messages()
    return {name: Message(len(made[name]), 1 + _leaves(body)) for name, body in _BODIES.items()}


def write(folder: Path) -> None:
    """Fill a folder with what the guests read: messages, a chain with its key, made for this and kept nowhere else."""
    for name, data in messages().items():
        (folder / name).write_bytes(data)
    v2g.export_device(v2g.make(folder / "pki"), folder / "device")
    (folder / "certificate").write_bytes((folder / "device" / "secc_2.der").read_bytes())
    (folder / "issuer").write_bytes(next((folder / "device").glob("v2g_root_*.der")).read_bytes())


def _encoded(schema: Any, name: str, value: dict[str, Any]) -> bytes:
    out = bytearray(ROOM)
    return bytes(out[: exi.encode(schema, name, value, out, 0)])


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_leaves(inner) for inner in value.values())
    if isinstance(value, list):
        return sum(_leaves(inner) for inner in value)
    return 1
