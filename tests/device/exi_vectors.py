"""Messages and their EXI bodies: every body was made, and read back to the same, by EXIficient as ISO 15118 has it.

tests/exi/test_exi_vectors_oracle.py holds them against it again.
"""

from exi_values import header, message, octets, phys, signature

# table, form, root, value, body
VECTORS = (
    (
        "iso2",
        "document",
        "V2G_Message",
        message("SessionSetupReq", {"EVCCID": bytes.fromhex("020000000001")}, {"SessionID": b"\0"}),
        "8098004011d01808000000000400",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "SessionSetupRes",
            {"ResponseCode": "OK_NewSessionEstablished", "EVSEID": "DE*PNX*E12345", "EVSETimeStamp": 1700000000},
        ),
        "809802004080c1014181c211e0203d1114a9413960a914c4c8ccd0d4101c59f540c0",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "ServiceDiscoveryRes",
            {
                "ResponseCode": "OK",
                "PaymentOptionList": {"PaymentOption": ["ExternalPayment", "Contract"]},
                "ChargeService": {
                    "ServiceID": 1,
                    "ServiceName": "AC_DC_Charging",
                    "ServiceCategory": "EVCharging",
                    "FreeService": True,
                    "SupportedEnergyTransferMode": {
                        "EnergyTransferMode": ["AC_three_phase_core", "AC_single_phase_core"]
                    },
                },
                "ServiceList": {
                    "Service": [
                        {
                            "ServiceID": 2,
                            "ServiceName": "Certificate",
                            "ServiceCategory": "ContractCertificate",
                            "FreeService": True,
                        }
                    ]
                },
            },
        ),
        "809802004080c1014181c211c00100004041050d7d110d7d0da185c99da5b99c050200800401a86cae4e8d2ccd2c6c2e8ca22880",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "ServiceDetailRes",
            {
                "ResponseCode": "OK",
                "ServiceID": 2,
                "ServiceParameterList": {
                    "ParameterSet": [
                        {
                            "ParameterSetID": 1,
                            "Parameter": [
                                {"Name": "Service", "stringValue": "Installation"},
                                {"Name": "f", "boolValue": False},
                                {"Name": "b", "byteValue": -128},
                                {"Name": "s", "shortValue": -32768},
                                {"Name": "i", "intValue": -2147483648},
                                {"Name": "p", "physicalValue": phys(-3, "Wh", 32767)},
                            ],
                        }
                    ]
                },
            },
        ),
        "809802004080c1014181c211a0000800080953657276696365a0e496e7374616c6c6174696f6e001b300006c4400003734ff"
        "ff80800da5bfffffffe0e0037080183fffc04280",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "PaymentDetailsReq",
            {
                "eMAID": "DE8AA1A2B3C4D5",
                "ContractSignatureCertChain": {
                    "Certificate": octets(300, 11),
                    "SubCertificates": {"Certificate": [octets(70, 3), octets(1, 1)]},
                },
            },
        ),
        "809802004080c1014181c21110411114e10504c504c908cd0cd110d455804586e849ab0c6dcf3091f354b61778da3b9cfe5f"
        "a10263c52687e94aac0d6ed03192f455b71879db3c9dff40a20364c62788ea4bad0e6fd13293f556b8197adc3d9ee041a304"
        "65c72889eb4cae0f70d23394f657b91a7bdd3e9fe142a40566c8298aec4daf1071d33495f758ba1b7cde3f80e243a50667c9"
        "2a8bed4eb01172d43596f859bb1c7ddf2081e344a60768ca2b8cee4fb11273d53697f95abc1d7ec02182e445a70869cb2c8d"
        "ef50b21374d63798fa5bbd1e7fc12283e546a8096acc2d8ef051b31475d73899fb5cbe1f60c22384e647a90a6bcd2e8ff152"
        "b41576d8399afc5dbf0061c32485e748aa0b6cce2f90f253b51677d93a9bfd5ea00162c42586e849ab0c6dcf3091f354b617"
        "78da3b9cfe5fa10263c52687e94aac0d6ed03192f455b71879db3c9dff40a04646494c4f5255585b5e6164676a6d70737679"
        "7c7f8285888b8e9194979a9da0a3a6a9acafb2b5b8bbbec1c4c7cacdd0d3d6d9dcdfe2e5e8ebeef1f4f7fafd000306090c0f"
        "121500101200",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "AuthorizationReq",
            {"Id": "id1", "GenChallenge": octets(16, 13)},
            {"SessionID": header()["SessionID"], "Signature": signature()},
        ),
        "809802004080c1014181c20a895a1d1d1c0e8bcbddddddcb9dcccb9bdc99cbd5148bd8d85b9bdb9a58d85b0b595e1a4bd0d5"
        "a1d1d1c0e8bcbddddddcb9dcccb9bdc99cbcc8c0c0c4bcc0d0bde1b5b191cda59cb5b5bdc9948d958d91cd84b5cda184c8d4"
        "d910311b4b218812b43a3a381d1797bbbbbb973b999737b93397aa2917b1b0b737b734b1b0b616b2bc3497a429687474703a"
        "2f2f7777772e77332e6f72672f323030312f30342f786d6c656e632373686132353642020272e353c434a51585f666d747b8"
        "28990979ea5acb3bac1c8cfd6dde4ebf2f91280808a949ea8b2bcc6d0dae4eef9030d17212b353f49535d67717b858f99a3a"
        "db7c1cbd5dfe9f3fc06101a242e38424c56606a747e88929ca6b0bac4ced8e2ecf680005696431020203a546e88a2bcd6f10"
        "b253f59738da60",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "ChargeParameterDiscoveryReq",
            {
                "MaxEntriesSAScheduleTuple": 1024,
                "RequestedEnergyTransferMode": "DC_extended",
                "DC_EVChargeParameter": {
                    "DepartureTime": 4294967295,
                    "DC_EVStatus": {"EVReady": True, "EVErrorCode": "NO_ERROR", "EVRESSSOC": 100},
                    "EVMaximumCurrentLimit": phys(0, "A", -1),
                    "EVMaximumVoltageLimit": phys(-1, "V", 4500),
                    "FullSOC": 99,
                    "BulkSOC": 0,
                },
            },
        ),
        "809802004080c1014181c210910010191fffffffe1e10032018620022102508c4c600000",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "ChargeParameterDiscoveryRes",
            {
                "ResponseCode": "OK",
                "EVSEProcessing": "Finished",
                "SAScheduleList": {
                    "SAScheduleTuple": [
                        {
                            "SAScheduleTupleID": 1,
                            "PMaxSchedule": {
                                "PMaxScheduleEntry": [
                                    {"RelativeTimeInterval": {"start": 0, "duration": 86400}, "PMax": phys(3, "W", 22)}
                                ]
                            },
                            "SalesTariff": {
                                "Id": "tariff1",
                                "SalesTariffID": 255,
                                "NumEPriceLevels": 2,
                                "SalesTariffEntry": [
                                    {"RelativeTimeInterval": {"start": 16777214}, "EPriceLevel": 1},
                                    {
                                        "RelativeTimeInterval": {"start": 3600},
                                        "EPriceLevel": 2,
                                        "ConsumptionCost": [
                                            {
                                                "startValue": phys(0, "W", 0),
                                                "Cost": [
                                                    {
                                                        "costKind": "CarbonDioxideEmission",
                                                        "amount": 300,
                                                        "amountMultiplier": -2,
                                                    }
                                                ],
                                            }
                                        ],
                                    },
                                ],
                            },
                        }
                    ]
                },
                "AC_EVSEChargeParameter": {
                    "AC_EVSEStatus": {"NotificationMaxDelay": 0, "EVSENotification": "None", "RCD": False},
                    "EVSENominalVoltage": phys(0, "V", 230),
                    "EVSEMaxCurrent": phys(0, "A", 32),
                },
            },
        ),
        "809802004080c1014181c210a000000000002028c141850160804ba30b934b333189fc40407f7fff83900240901c20080628"
        "000215804045480000006207300818604000",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "PowerDeliveryReq",
            {
                "ChargeProgress": "Start",
                "SAScheduleTupleID": 1,
                "ChargingProfile": {
                    "ProfileEntry": [
                        {
                            "ChargingProfileEntryStart": 900 * i,
                            "ChargingProfileEntryMaxPower": phys(1, "W", 1100 - i),
                            "ChargingProfileEntryMaxNumberOfPhasesInUse": 1 + i % 3,
                        }
                        for i in range(24)
                    ]
                },
            },
        ),
        "809802004080c1014181c21150000000020a198100008407082865840102203820a194100808c15082864840002407020a19"
        "010040942308286384020260a820a18c100009c3108286284010280e020a18810080a43f082861840002a11820a18410040a"
        "c4d082860840202c15020a18010000b45b08285f840102e18820a17c10080bc6908285e84000301c020a17810040c4770828"
        "5d84020321f820a17410000cc850108285c84010342300420a17010080d4930108285b84000362680420a16c10040dca1010"
        "8285a8402100",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "ChargingStatusRes",
            {
                "ResponseCode": "OK",
                "EVSEID": "DE*PNX*E12345",
                "SAScheduleTupleID": 1,
                "EVSEMaxCurrent": phys(0, "A", 16),
                "MeterInfo": {
                    "MeterID": "meter-ä€😀",
                    "MeterReading": 18446744073709551615,
                    "SigMeterReading": octets(64, 9),
                    "MeterStatus": -1,
                    "TMeter": -9223372036854775808,
                },
                "ReceiptRequired": True,
                "AC_EVSEStatus": {"NotificationMaxDelay": 65535, "EVSENotification": "ReNegotiation", "RCD": True},
            },
        ),
        "809802004080c1014181c210c0003d1114a9413960a914c4c8ccd0d40000c3010002db595d195c8b79006b10603b01c1ffff"
        "fffffffffffffe020404049525b646d767f88919aa3acb5bec7d0d9e2ebf4fd060f18212a333c454e576069727b848d969fa"
        "8b1bac3ccd5dee7f0f9020b141d262f38414a535c656e7708007fffffffffffffffdfc10ffff031080",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "CurrentDemandReq",
            {
                "DC_EVStatus": {"EVReady": True, "EVErrorCode": "NoData", "EVRESSSOC": 50},
                "EVTargetCurrent": phys(0, "A", 120),
                "ChargingComplete": False,
                "EVTargetVoltage": phys(-1, "V", 4000),
            },
        ),
        "809802004080c1014181c210d1161901860f0410840a01f000",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message("SessionStopReq", {"ChargingSession": "Pause"}),
        "809802004080c1014181c211f200",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message("ChargingStatusReq", {}),
        "809802004080c1014181c210b0",
    ),
    (
        "iso2",
        "document",
        "V2G_Message",
        message(
            "CertificateInstallationReq",
            {
                "Id": "id1",
                "OEMProvisioningCert": octets(100, 3),
                "ListOfRootCertificateIDs": {
                    "RootCertificateID": [
                        {"X509IssuerName": "CN=V2GRootCA,O=Gridkeel,C=DE", "X509SerialNumber": (1 << 159) + 12345},
                        {"X509IssuerName": "x", "X509SerialNumber": -1},
                    ]
                },
            },
        ),
        "809802004080c1014181c210502b4b2188c8c8ced4dae0e6ecf2f8ff050b11171d23292f353b41474d53595f656b71777d83"
        "898f959ba1a7adb3b9bfc5cbd1d7dde3e9eff5fa00060c12181e242a30363c42484e545a60666c72787e848a90969ca2a8ae"
        "b4bac0c6ccd2d8dee4eaf0f6fd03090f151a01e434e3d563247526f6f7443412c4f3d477269646b65656c2c433d44450b9e0"
        "808080808080808080808080808080808080808020000de0400400",
    ),
)
