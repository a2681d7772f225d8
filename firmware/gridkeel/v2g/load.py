"""Imports all that a session may need, so that nothing is imported in the middle of one (see grammars.py).

From the leaves up: imports within imports take more stack than small boards have.
"""

_ORDER = (
    "crypto.p256",
    "crypto.multiples",
    "crypto.der",
    "crypto.rfc6979",
    "crypto.ecdsa",
    "crypto.extensions",
    "crypto.signed",
    "crypto.x509",
    "crypto.profiles",
    "crypto.chain",
    "v2g.exi.relaxed",
    "v2g.grammars",
    "v2g.iso2.codes",
    "v2g.iso2.values",
    "v2g.iso2.status",
    "v2g.iso2.responses",
    "v2g.signatures",
    "v2g.iso2.metering",
    "v2g.iso2.schedules",
    "v2g.iso2.parameters",
    "v2g.iso2.session",
)

for _name in _ORDER:
    __import__("gridkeel." + _name)
