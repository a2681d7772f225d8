"""Pieces of which the EXI vectors are made."""


def header():
    return {"SessionID": bytes(range(1, 9))}


def phys(multiplier, unit, value):
    return {"Multiplier": multiplier, "Unit": unit, "Value": value}


def octets(n, step):
    return bytes((i * step + n) & 255 for i in range(n))


def message(name, body, head=None):
    return {"Header": head or header(), "Body": {name: body}}


def signature():
    return {
        "SignedInfo": {
            "CanonicalizationMethod": {"Algorithm": "http://www.w3.org/TR/canonical-exi/"},
            "SignatureMethod": {"Algorithm": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"},
            "Reference": [
                {
                    "URI": "#id1",
                    "Transforms": {"Transform": [{"Algorithm": "http://www.w3.org/TR/canonical-exi/"}]},
                    "DigestMethod": {"Algorithm": "http://www.w3.org/2001/04/xmlenc#sha256"},
                    "DigestValue": octets(32, 7),
                }
            ],
        },
        "SignatureValue": {"": octets(64, 5)},
    }
