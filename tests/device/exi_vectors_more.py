"""Vectors of other schemas than -2, and of fragments; see exi_vectors.py."""

from exi_values import header, message, octets, signature

# table, form, root, value, body
VECTORS = (
    (
        "sap",
        "document",
        "supportedAppProtocolReq",
        {
            "AppProtocol": [
                {
                    "ProtocolNamespace": "urn:iso:15118:2:2013:MsgDef",
                    "VersionNumberMajor": 2,
                    "VersionNumberMinor": 0,
                    "SchemaID": 1,
                    "Priority": 1,
                },
                {
                    "ProtocolNamespace": "urn:din:70121:2012:MsgDef",
                    "VersionNumberMajor": 2,
                    "VersionNumberMinor": 0,
                    "SchemaID": 2,
                    "Priority": 2,
                },
            ]
        },
        "8000ebab9371d34b9b79d189a98989c1d191d191818999d26b9b3a232b30020000040001b75726e3a64696e3a37303132313"
        "a323031323a4d73674465660040000100880",
    ),
    (
        "sap",
        "document",
        "supportedAppProtocolRes",
        {"ResponseCode": "OK_SuccessfulNegotiation", "SchemaID": 1},
        "80400040",
    ),
    (
        "iso2",
        "fragment",
        "AuthorizationReq",
        {"Id": "id1", "GenChallenge": octets(16, 13)},
        "8004015a590c408080e951ba228af35bc42c94fd65ce3699e8",
    ),
    (
        "iso2",
        "fragment",
        "eMAID",
        {"Id": "id4", "": "DE8AA1A2B3C4D59"},
        "80ec0202b4b21a400451114e10504c504c908cd0cd110d4e7d3d00",
    ),
    (
        "iso2",
        "fragment",
        "DHpublickey",
        {"Id": "id3", "": octets(65, 4)},
        "802d02b4b21990505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a"
        "7b7c7d7e7f404142434445464748494a4b4c4d4e4f505e80",
    ),
    (
        "xmldsig",
        "fragment",
        "SignedInfo",
        signature()["SignedInfo"],
        "808112b43a3a381d1797bbbbbb973b999737b93397aa2917b1b0b737b734b1b0b616b2bc3497a1ab43a3a381d1797bbbbbb9"
        "73b999737b933979918181897981a17bc36b63239b4b396b6b7b93291b2b1b239b096b9b430991a9b2206236964310256874"
        "74703a2f2f7777772e77332e6f72672f54522f63616e6f6e6963616c2d6578692f4852d0e8e8e0745e5eeeeeee5cee665cde"
        "e4ce5e646060625e60685ef0dad8cadcc646e6d0c2646a6c840404e5c6a788694a2b0beccdae8f70513212f3d4b596775839"
        "19fadbbc9d7e5f2370",
    ),
    (
        "xmldsig",
        "document",
        "KeyInfo",
        {
            "Id": "k",
            "KeyName": ["a", "b"],
            "KeyValue": [{"DSAKeyValue": {"P": b"\1", "Q": b"\2", "Y": b"\3", "J": b"\4"}}],
            "X509Data": [
                {
                    "X509Certificate": [b"abc", b"d"],
                    "X509IssuerSerial": [{"X509IssuerName": "n", "X509SerialNumber": 0}],
                }
            ],
            "PGPData": [{"PGPKeyPacket": b"p"}],
            "SPKIData": [{"SPKISexp": [b"s", b"t"]}],
        },
        "802001b5800d84003620800202004088040c00410860036e000180d85898cc02c8c8805c0a802e6002e8a0",
    ),
    (
        "din",
        "document",
        "V2G_Message",
        message(
            "PreChargeRes",
            {
                "ResponseCode": "OK",
                "DC_EVSEStatus": {
                    "EVSEIsolationStatus": "Valid",
                    "EVSEStatusCode": "EVSE_Ready",
                    "NotificationMaxDelay": 0,
                    "EVSENotification": "None",
                },
                "EVSEPresentVoltage": {"Multiplier": 0, "Unit": "V", "Value": 400},
            },
        ),
        "809a02004080c1014181c2116000408000018284801800",
    ),
    (
        "iso20_common",
        "document",
        "AuthorizationSetupRes",
        {
            "Header": {"SessionID": header()["SessionID"], "TimeStamp": 1700000000},
            "ResponseCode": "OK",
            "AuthorizationServices": ["EIM", "PnC"],
            "CertificateInstallationService": True,
            "PnC_ASResAuthorizationMode": {
                "GenChallenge": octets(16, 2),
                "SupportedProviders": {"ProviderID": ["DE*ABC", "X"]},
            },
        },
        "800c040081018202830384080e2cfaa0620001120808090a0b0c0d0e0f101112131415161700211114a905090c00d608",
    ),
    (
        "iso20_ac",
        "document",
        "AC_ChargeLoopReq",
        {
            "Header": {"SessionID": header()["SessionID"], "TimeStamp": 1},
            "MeterInfoRequested": False,
            "BPT_Dynamic_AC_CLReqControlMode": {
                k: {"Exponent": -3, "Value": -32768}
                for k in (
                    "EVTargetEnergyRequest",
                    "EVMaximumEnergyRequest",
                    "EVMinimumEnergyRequest",
                    "EVMaximumChargePower",
                    "EVMinimumChargePower",
                    "EVPresentActivePower",
                    "EVPresentReactivePower",
                    "EVMaximumDischargePower",
                    "EVMinimumDischargePower",
                )
            },
        },
        "80080400810182028303840012808fa3fffe0207d1ffff0103e8ffff8081f47fffc0487d1ffff0121f47fffc0487d1ffff01"
        "21f47fffc0487d1ffff01200",
    ),
    (
        "iso20_dc",
        "document",
        "DC_PreChargeReq",
        {
            "Header": {"SessionID": header()["SessionID"], "TimeStamp": 1},
            "EVProcessing": "Ongoing",
            "EVPresentVoltage": {"Exponent": 0, "Value": 0},
            "EVTargetVoltage": {"Exponent": -1, "Value": 4000},
        },
        "80440400810182028303840012210000007f0a01f0",
    ),
)
