"""Run by the peer's own interpreter: its vehicle asks for a contract, and judges the response it gets.

Prints the CertificateInstallationReq as EXI in hex, reads the response in hex from stdin, prints one JSON line.
"""

from __future__ import annotations

import json
import logging
import sys

from iso15118.shared import security
from iso15118.shared.exi_codec import EXI
from iso15118.shared.exificient_exi_codec import ExificientEXICodec
from iso15118.shared.messages.enums import Namespace
from iso15118.shared.messages.iso15118_2.body import Body, CertificateInstallationReq
from iso15118.shared.messages.iso15118_2.datatypes import RootCertificateIDList
from iso15118.shared.messages.iso15118_2.header import MessageHeader
from iso15118.shared.messages.iso15118_2.msgdef import V2GMessage
from iso15118.shared.messages.xmldsig import X509IssuerSerial
from iso15118.shared.security import CertPath, KeyEncoding, KeyPasswordPath, KeyPath
from iso15118.shared.settings import load_shared_settings

NAMESPACE = Namespace.ISO_V2_MSG_DEF


def request(key) -> bytes:
    issuer, serial = security.get_cert_issuer_serial(CertPath.V2G_ROOT_DER)
    body = CertificateInstallationReq(
        id="id1",
        oem_provisioning_cert=security.load_cert(CertPath.OEM_LEAF_DER),
        list_of_root_cert_ids=RootCertificateIDList(
            x509_issuer_serials=[X509IssuerSerial(x509_issuer_name=issuer, x509_serial_number=serial)]
        ),
    )
    signature = security.create_signature([(body.id, EXI().to_exi(body, NAMESPACE))], key)
    header = MessageHeader(session_id="0102030405060708", signature=signature)
    return EXI().to_exi(V2GMessage(header=header, body=Body(certificate_installation_req=body)), NAMESPACE)


def judged(data: bytes, key) -> dict:
    message = EXI().from_exi(data, NAMESPACE)
    response = message.body.certificate_installation_res
    if response.response_code.value != "OK":
        return {"code": response.response_code.value, "session": message.header.session_id}
    signed = [response.contract_cert_chain, response.encrypted_private_key, response.dh_public_key, response.emaid]
    holds = security.verify_signature(
        signature=message.header.signature,
        elements_to_sign=[(element.id, EXI().to_exi(element, NAMESPACE)) for element in signed],
        leaf_cert=response.cps_cert_chain.certificate,
        sub_ca_certs=response.cps_cert_chain.sub_certificates.certificates,
        root_ca_cert=security.load_cert(CertPath.V2G_ROOT_DER),
    )
    chain = response.contract_cert_chain
    subs = chain.sub_certificates.certificates
    security.verify_certs(chain.certificate, subs, security.load_cert(CertPath.MO_ROOT_DER))
    point = security.to_ec_pub_key(response.dh_public_key.value)
    number = security.decrypt_priv_key(response.encrypted_private_key.value, key, point)
    made = security.ec.derive_private_key(int.from_bytes(number, "big"), security.SECP256R1()).public_key()
    own = security.load_der_x509_certificate(chain.certificate).public_key()
    return {
        "code": "OK",
        "session": message.header.session_id,
        "signature": holds,
        "key_fits": made.public_numbers() == own.public_numbers(),
        "emaid": response.emaid.value,
        "common_name": security.get_cert_cn(chain.certificate),
        "bytes": len(data),
    }


logging.disable(logging.CRITICAL)
load_shared_settings()
EXI().set_exi_codec(ExificientEXICodec())
own_key = security.load_priv_key(KeyPath.OEM_LEAF_PEM, KeyEncoding.PEM, KeyPasswordPath.OEM_LEAF_KEY_PASSWORD)
print(request(own_key).hex(), flush=True)
print(json.dumps(judged(bytes.fromhex(sys.stdin.readline()), own_key)), flush=True)
