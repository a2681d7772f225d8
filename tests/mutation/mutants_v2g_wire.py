"""The mutants of the state table, and of what comes before a session: discovery, protocol, frames."""

from __future__ import annotations

from mutant import Table

V2G_WIRE: Table = (
    (
        "v2g/states.py",
        ("test_v2g_table",),
        (
            ("SETUP_TIMEOUT_MS = 20000", "SETUP_TIMEOUT_MS = 20500"),
            ("SEQUENCE_TIMEOUT_MS = 60000", "SEQUENCE_TIMEOUT_MS = 61000"),
            ("CABLE_CHECK_PERFORMANCE_MS = 38000", "CABLE_CHECK_PERFORMANCE_MS = 40000"),
            ("PILOT_TIMEOUT_MS = 1500", "PILOT_TIMEOUT_MS = 3000"),
            ("CONTACTOR_MS = 3000", "CONTACTOR_MS = 4500"),
            ('"CurrentDemandReq": (25, 250, True)', '"CurrentDemandReq": (250, 2000, True)'),
            ('"PowerDeliveryReq": (4500,', '"PowerDeliveryReq": (1500,'),
            ('"AuthorizationReq": (1500,', '"AuthorizationReq": (4500,'),
            (
                '("authorization", ("AuthorizationReq", ',
                '("authorization", ("AuthorizationReq", "ChargeParameterDiscoveryReq", ',
            ),
            ('("contract", ("PaymentDetailsReq", ', '("contract", ("PaymentDetailsReq", "AuthorizationReq", '),
            ('("selection", ("ServiceDetailReq", ', '("selection", ("ServiceDetailReq", "PaymentDetailsReq", '),
            (
                '("charge_parameter", ("ChargeParameterDiscoveryReq", ',
                '("charge_parameter", ("ChargeParameterDiscoveryReq", "PowerDeliveryReq", ',
            ),
            (
                '("power_delivery", ("PowerDeliveryReq", ',
                '("power_delivery", ("PowerDeliveryReq", "ChargingStatusReq", ',
            ),
            ('("cable_check", ("CableCheckReq", ', '("cable_check", ("CableCheckReq", "PreChargeReq", '),
            ('("pre_charge", ("PreChargeReq", ', '("pre_charge", ("PreChargeReq", "PowerDeliveryReq", '),
            (
                '("pre_charging", ("PreChargeReq", "PowerDeliveryReq", "SessionStopReq"))',
                '("pre_charging", ("PreChargeReq", "PowerDeliveryReq", "CurrentDemandReq", "SessionStopReq"))',
            ),
            ('("receipt_ac", ("MeteringReceiptReq",))', '("receipt_ac", ("MeteringReceiptReq", "ChargingStatusReq"))'),
            ('("receipt_dc", ("MeteringReceiptReq",))', '("receipt_dc", ("MeteringReceiptReq", "CurrentDemandReq"))'),
            ('("stopped_ac", ("SessionStopReq",))', '("stopped_ac", ("SessionStopReq", "PowerDeliveryReq"))'),
            ('("ended", ())', '("ended", ("SessionSetupReq",))'),
            ("    ONGOING,\n    AUTHORIZATION,", "    ONGOING,\n    CHARGE_PARAMETER,"),
            ("    ONGOING,\n    CABLE_CHECK,", "    ONGOING,\n    PRE_CHARGE,"),
            ("    PAY_CONTRACT,\n    CONTRACT,", "    PAY_CONTRACT,\n    AUTHORIZATION,"),
            ("    RENEGOTIATE,\n    CHARGE_PARAMETER,", "    RENEGOTIATE,\n    POWER_DELIVERY,"),
            ("    STOP_AC,\n    STOPPED_AC,", "    STOP_AC,\n    POWER_DELIVERY,"),
            ("    DC,\n    CABLE_CHECK,", "    DC,\n    PRE_CHARGE,"),
            (
                '    "CertificateInstallationReq",\n    DONE,\n    CONTRACT,',
                '    "CertificateInstallationReq",\n    DONE,\n    AUTHORIZATION,',
            ),
            ('if request.endswith("Req") else ""', 'if request else ""'),
        ),
    ),
    (
        "v2g/sap.py",
        ("test_v2g_frames", "test_v2g_sessions"),
        (
            ('offer["ProtocolNamespace"] != NAMESPACE or ', ""),
            (' or offer["VersionNumberMajor"] != MAJOR', ""),
            ('offer["VersionNumberMajor"] != MAJOR', 'offer["VersionNumberMajor"] < MAJOR'),
            ('offer["Priority"] < best["Priority"]', 'offer["Priority"] > best["Priority"]'),
            ('best["VersionNumberMinor"] == MINOR', 'best["VersionNumberMinor"] >= MINOR'),
            ("    if best is None:\n        return", "    if False:\n        return"),
        ),
    ),
    (
        "v2g/sdp.py",
        ("test_v2g_frames", "test_v2g_bounds"),
        (
            ("!= _REQUEST_BYTES:", "< _REQUEST_BYTES:"),
            ("security not in (TLS, NO_TLS) or ", ""),
            (" or transport != TCP", ""),
            ("if policy == TCP_ONLY:", "if policy == AS_ASKED:"),
            ("elif policy == TLS_ONLY:", "elif policy == AS_ASKED:"),
            ("port = tls_port if security == TLS else tcp_port", "port = tcp_port if security == TLS else tls_port"),
            ("bytes(ip16), port, security, TCP", "bytes(ip16), port, NO_TLS, TCP"),
        ),
    ),
    (
        "v2g/v2gtp.py",
        ("test_v2g_frames", "test_v2g_bounds"),
        (
            ("    if n < HEADER_BYTES:\n        return -1", "    if n < HEADER_BYTES - 1:\n        return -1"),
            ("or length != n - HEADER_BYTES:", "or length > n - HEADER_BYTES:"),
            ("or length != n - HEADER_BYTES:", "or length < n - HEADER_BYTES:"),
            (
                "if (version, inverse, found) != (VERSION, INVERSE, payload_type) or",
                "if (version, found) != (VERSION, payload_type) or",
            ),
            (
                "if (version, inverse, found) != (VERSION, INVERSE, payload_type) or",
                "if (version, inverse) != (VERSION, INVERSE) or",
            ),
            ("PAYLOAD_MAX_BYTES = 6144", "PAYLOAD_MAX_BYTES = 65536"),
            ("if length > PAYLOAD_MAX_BYTES:", "if length > PAYLOAD_MAX_BYTES + 1:"),
            ("if length > PAYLOAD_MAX_BYTES:", "if length >= PAYLOAD_MAX_BYTES:"),
            ("if self._held + n > FRAME_MAX_BYTES:", "if self._held + n > FRAME_MAX_BYTES + 1:"),
            ("if self._held + n > FRAME_MAX_BYTES:", "if self._held + n >= FRAME_MAX_BYTES:"),
            ("if self._held + n > FRAME_MAX_BYTES:", "if n > FRAME_MAX_BYTES:"),
            (" or not length:", ":"),
            ("COMPLETE if self._held >= self.end", "COMPLETE if self._held > self.end"),
            ("COMPLETE if self._held >= self.end", "COMPLETE if self._held >= self.end - 1"),
            ("if self.buffer[: len(start)] == start else BAD_HEADER", "if True else BAD_HEADER"),
            ("        self._held = rest\n", "        self._held = 0\n"),
            ("        self.end = self._held = 0\n", "        self.end = 0\n"),
        ),
    ),
)
