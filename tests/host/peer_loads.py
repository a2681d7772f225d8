"""Run by the peer's own interpreter: everything its EVCC and SECC read from PKI_PATH, read by its own code.

Prints one JSON line. It runs from a folder of its own, since the peer reads a .env from where it starts.
"""

from __future__ import annotations

import json

from iso15118.shared import security
from iso15118.shared.messages.enums import Protocol
from iso15118.shared.security import CertPath, KeyEncoding, KeyPasswordPath, KeyPath
from iso15118.shared.settings import SettingKey, load_shared_settings, shared_settings

load_shared_settings()  # the paths below are made from it

KEYS = {
    "secc": (KeyPath.SECC_LEAF_PEM, KeyPasswordPath.SECC_LEAF_KEY_PASSWORD, CertPath.SECC_LEAF_DER),
    "contract": (KeyPath.CONTRACT_LEAF_PEM, KeyPasswordPath.CONTRACT_LEAF_KEY_PASSWORD, CertPath.CONTRACT_LEAF_DER),
    "oem": (KeyPath.OEM_LEAF_PEM, KeyPasswordPath.OEM_LEAF_KEY_PASSWORD, CertPath.OEM_LEAF_DER),
    "cps": (KeyPath.CPS_LEAF_PEM, KeyPasswordPath.CPS_LEAF_KEY_PASSWORD, CertPath.CPS_LEAF_DER),
    "mo_sub2": (KeyPath.MO_SUB_CA2_PEM, KeyPasswordPath.MO_SUB_CA2_PASSWORD, CertPath.MO_SUB_CA2_DER),
}
CHAINS = {
    "secc": (CertPath.SECC_LEAF_DER, CertPath.CPO_SUB_CA2_DER, CertPath.CPO_SUB_CA1_DER, CertPath.V2G_ROOT_DER),
    "cps": (CertPath.CPS_LEAF_DER, CertPath.CPS_SUB_CA2_DER, CertPath.CPS_SUB_CA1_DER, CertPath.V2G_ROOT_DER),
    "contract": (CertPath.CONTRACT_LEAF_DER, CertPath.MO_SUB_CA2_DER, CertPath.MO_SUB_CA1_DER, CertPath.MO_ROOT_DER),
    "oem": (CertPath.OEM_LEAF_DER, CertPath.OEM_SUB_CA2_DER, CertPath.OEM_SUB_CA1_DER, CertPath.OEM_ROOT_DER),
}


def keys_fit() -> dict[str, bool]:
    found = {}
    for role, (key_path, password_path, certificate_path) in KEYS.items():
        key = security.load_priv_key(key_path, KeyEncoding.PEM, password_path)
        certificate = security.load_der_x509_certificate(security.load_cert(certificate_path))
        found[role] = key.public_key().public_numbers() == certificate.public_key().public_numbers()
    return found


def chains_hold() -> dict[str, str]:
    found = {}
    for role, (leaf, sub2, sub1, root) in CHAINS.items():
        chain = security.load_cert_chain(Protocol.ISO_15118_2, leaf, sub2, sub1)
        security.verify_certs(chain.certificate, chain.sub_certificates.certificates, security.load_cert(root))
        found[role] = security.get_cert_cn(chain.certificate)
    return found


def contexts() -> dict[str, bool]:
    found = {}
    for tls13 in (False, True):
        shared_settings[SettingKey.ENABLE_TLS_1_3] = tls13
        for server in (False, True):
            found[f"{'server' if server else 'client'}, TLS 1.{3 if tls13 else 2}"] = (
                security.get_ssl_context(server) is not None
            )
    return found


print(json.dumps({"keys": keys_fit(), "chains": chains_hold(), "contexts": contexts()}))
