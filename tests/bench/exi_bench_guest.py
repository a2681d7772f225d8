"""Runs in MicroPython: how long each EXI vector takes.

Prints a line for each: its name, bytes, us to decode, us to encode, the body in hex.
"""

import time

from exi_schemas import schema
from exi_values import message, octets
from exi_vectors import VECTORS

from gridkeel.v2g import exi

ROUNDS = 20


def best_us(work, *arguments):
    """Return the shortest of some calls: the rest is the collector and other processes."""
    best = 1 << 29
    for _ in range(ROUNDS):
        start = time.ticks_us()
        work(*arguments)
        best = min(best, time.ticks_diff(time.ticks_us(), start))
    return best


def chain():
    """Return a PaymentDetailsReq of some 1,900 bytes, as an EV with a usual contract sends it."""
    certificates = {
        "Certificate": octets(620, 11),
        "SubCertificates": {"Certificate": [octets(620, 3), octets(620, 1)]},
    }
    return message("PaymentDetailsReq", {"eMAID": "DE8AA1A2B3C4D5", "ContractSignatureCertChain": certificates})


def main():
    grammar, out = schema("iso2"), bytearray(4000)
    for value in [vector[3] for vector in VECTORS] + [chain()]:
        end = exi.encode(grammar, "V2G_Message", value, out, 0)
        body = bytes(out[:end])
        decoded = best_us(exi.decode, grammar, body, 0, end)
        encoded = best_us(exi.encode, grammar, "V2G_Message", value, out, 0)
        print(list(value["Body"])[0], end, decoded, encoded, "".join("%02x" % octet for octet in body))


main()
