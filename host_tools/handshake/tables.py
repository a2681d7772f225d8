"""Inputs of the handshake model: messages, work, boards, vehicles, links.

Sizes are of whole V2GTP frames as the peer's EVCC (package iso15118 0.31.2) and this SECC exchange them with the
certificates of `gridkeel pki`; fields are simple values in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# What the TLS stack and the firmware can be asked to do; a Work counts how often.
OPERATIONS = ("keygen", "ecdh", "sign", "verify", "parse")


@dataclass(frozen=True)
class Message:
    """A frame: bytes with the 8 of V2GTP, and simple values."""

    size: int
    fields: int


@dataclass(frozen=True)
class Phase:
    """One exchange of a session.

    board, vehicle: operations of either, by OPERATIONS.  fragments: fields that are encoded again for a signature.
    backend: bytes to the backend and back, (0, 0) for none.  waits: names of WAITS_MS.  round_trips: more than the one.
    """

    name: str
    request: str
    sent: Message
    received: Message
    board: dict[str, int] = field(default_factory=dict)
    vehicle: dict[str, int] = field(default_factory=dict)
    fragments: int = 0
    backend: tuple[int, int] = (0, 0)
    waits: tuple[str, ...] = ()
    round_trips: int = 1


SDP = Phase("sdp", "SDP", Message(10, 1), Message(28, 4))
# ClientHello and the client's key, change of cipher and Finished; the SECC's hello, three certificates, its signed key,
# and its Finished. Three round trips with TCP's. The EV verifies leaf, both sub-CAs and the signature over the key.
TLS = Phase(
    "tls",
    "TLS 1.2",
    Message(360, 0),
    Message(1880, 0),
    {"keygen": 1, "ecdh": 1, "sign": 1},
    {"keygen": 1, "ecdh": 1, "verify": 4},
    round_trips=3,
)
PROTOCOL = Phase("app_protocol", "supportedAppProtocolReq", Message(44, 5), Message(12, 2))
SETUP = Phase("session_setup", "SessionSetupReq", Message(22, 2), Message(49, 4))
DISCOVERY = Phase("service_discovery", "ServiceDiscoveryReq", Message(21, 1), Message(59, 12))
DETAIL = Phase("service_detail", "ServiceDetailReq", Message(23, 2), Message(66, 14))
SELECTION = Phase("payment_selection", "PaymentServiceSelectionReq", Message(24, 3), Message(22, 2))
INSTALLATION = Phase(
    "certificate_installation",
    "CertificateInstallationReq",
    Message(859, 18),
    Message(3815, 40),
    {"verify": 1, "parse": 1},
    fragments=14,
    backend=(859, 3815),
)
PAYMENT = Phase("payment_details", "PaymentDetailsReq", Message(1542, 5), Message(45, 4), {"verify": 3, "parse": 3})
PAYMENT_KNOWN = Phase(
    "payment_details_known", "PaymentDetailsReq", Message(1542, 5), Message(45, 4), {"verify": 1, "parse": 3}
)
PAYMENT_AGAIN = Phase("payment_details_again", "PaymentDetailsReq", Message(1542, 5), Message(45, 4), {"parse": 3})
AUTHORIZATION = Phase("authorization", "AuthorizationReq", Message(21, 1), Message(23, 3))
AUTHORIZATION_SIGNED = Phase(
    "authorization", "AuthorizationReq", Message(315, 15), Message(23, 3), {"verify": 1}, fragments=14
)
AC_PARAMETERS = Phase("charge_parameter_discovery", "ChargeParameterDiscoveryReq", Message(40, 9), Message(56, 18))
DC_PARAMETERS = Phase("charge_parameter_discovery", "ChargeParameterDiscoveryReq", Message(52, 13), Message(63, 24))
CABLE = Phase("cable_check", "CableCheckReq", Message(24, 4), Message(27, 5))
PRECHARGE = Phase("precharge", "PreChargeReq", Message(31, 8), Message(31, 7))
AC_DELIVERY = Phase("power_delivery", "PowerDeliveryReq", Message(37, 6), Message(25, 5), waits=("contactor",))
DC_DELIVERY = Phase("power_delivery", "PowerDeliveryReq", Message(28, 6), Message(26, 5))
AC_LOOP = Phase("first_loop", "ChargingStatusReq", Message(21, 1), Message(43, 8))
DC_LOOP = Phase("first_loop", "CurrentDemandReq", Message(48, 15), Message(92, 22))

_START = (PROTOCOL, SETUP, DISCOVERY)
_AC = (AC_PARAMETERS, AC_DELIVERY, AC_LOOP)
_DC = (DC_PARAMETERS, CABLE, PRECHARGE, DC_DELIVERY, DC_LOOP)
_CONTRACT = (SELECTION, PAYMENT, PAYMENT_KNOWN, PAYMENT_AGAIN, AUTHORIZATION_SIGNED)
# The modes of `gridkeel interop`, each with its exchanges in their order.
MODES: dict[str, tuple[Phase, ...]] = {
    "ac-eim-tcp": (SDP, *_START, SELECTION, AUTHORIZATION, *_AC),
    "ac-eim-tls": (SDP, TLS, *_START, SELECTION, AUTHORIZATION, *_AC),
    "ac-pnc": (SDP, TLS, *_START, *_CONTRACT, *_AC),
    "ac-pnc-install": (SDP, TLS, *_START, DETAIL, SELECTION, INSTALLATION, *_CONTRACT[1:], *_AC),
    "dc-eim": (SDP, TLS, *_START, SELECTION, AUTHORIZATION, *_DC),
    "dc-pnc": (SDP, TLS, *_START, *_CONTRACT, *_DC),
}
# No steps of their own: the time of payment_details where the contract's sub-CAs were verified for an earlier EV, and
# where all of its chain was verified when it came before.
BESIDE = ("payment_details_known", "payment_details_again")

# What no processor hurries: the contactor's travel in the connector's plant and the auxiliary contact's debounce.
WAITS_MS = {"contactor": 70.0}


@dataclass(frozen=True)
class Link:
    """bits_s as applications see them; latency_ms: one way."""

    bits_s: float
    latency_ms: float
    source: str


LINKS = {
    "local": Link(1e9, 0.02, "two network namespaces on one machine"),
    "plc": Link(4e6, 2.5, "HomePlug Green PHY, 10 Mbit/s on the line, estimate; pings over such links take 3..6 ms"),
    "lte": Link(10e6, 25.0, "LTE, estimate: 50 ms there and back"),
    "ethernet": Link(100e6, 0.2, "100 Mbit/s"),
}
# Headers of IPv6 and TCP, the V2GTP frame in one segment; a record of TLS with AES-128-CBC and HMAC-SHA256.
SEGMENT_BYTES = 1440
HEADER_BYTES = 74
RECORD_BYTES = 69
# What a provisioning service takes for its own work (a lookup, a key, a signature), an estimate.
BACKEND_MS = 30.0


@dataclass(frozen=True)
class Backend:
    """Where contracts come from: the link to it, and the ms of its own work on one."""

    link: Link
    work_ms: float = BACKEND_MS


@dataclass(frozen=True)
class Chip:
    """A board whose times are worked out, not measured.

    cycles: of one counted instruction of the interpreter, flash and cache misses in it.  verify_ms: of the TLS stack.
    verify_instructions: of the firmware's own verification.
    cipher_byte_us: AES-128-CBC and HMAC-SHA256 by byte.  share: of the processor that the control loop takes.
    """

    mhz: float
    cycles: float
    verify_ms: float
    cipher_byte_us: float
    share: float
    verify_instructions: float
    source: str


# A verification of the firmware on a Cortex-M7 under emulation: on its kernels in assembler (Cortex-M4, M7, M33), and
# on Python's integers, which other processors work on. No Xtensa was measured.
ON_KERNELS = 5.7e6
ON_INTEGERS = 63.3e6
# P-256 of mbedTLS in parts of its ECDSA verification, from benchmarks that print all of them (NXP's mbedTLS 3.5 on a
# Cortex-M33 at 150 MHz: sign 77 ms, verify 214 ms, two key generations and two ECDH 375 ms).
TLS_PARTS = {"keygen": 0.33, "ecdh": 0.55, "sign": 0.36, "verify": 1.0}
CHIPS = {
    "esp32": Chip(
        240,
        1.25,
        302,
        0.9,
        0.3,
        ON_INTEGERS,
        "estimate: 57e6 instructions a multiplication; mbedTLS verify 302 ms on an S3 (espressif/esp-idf#19027)",
    ),
    "rp2350": Chip(
        150,
        1.4,
        214,
        2.1,
        0.45,
        ON_KERNELS,
        "estimate: as esp32 by its clock; mbedTLS on a Cortex-M33 at 150 MHz, verify 214 ms (NXP's benchmark)",
    ),
    "m7-480": Chip(
        480, 1.1, 75, 0.4, 0.15, ON_KERNELS, "estimate: Cortex-M7 at 480 MHz, mbedTLS scaled by the clock from an M33's"
    ),
}
# On a Cortex-M7, under emulation: a plain P-256 multiplication is 57 million instructions (this is half of one, of a
# 128-bit scalar), a switch of asyncio 11,000; a message goes through the loop and its streams in about eight.
PLAIN_INSTRUCTIONS = 28.5e6
HOP_INSTRUCTIONS = 8 * 11_000
# Instructions of WebAssembly, in millions; tests/bench/bench_handshake.py counts them, and plain_128 scales them.
COUNTED = {
    "plain_128": 84.6,
    "parse": 1.62,
    "digest_1024": 0.18,
    "two_exchanges": 8.84,
    "decode_small": 1.38,
    "decode_fields": 8.4,
    "decode_bytes": 2.32,
    "encode_small": 2.09,
    "encode_fields": 10.5,
    "encode_bytes": 2.67,
}
