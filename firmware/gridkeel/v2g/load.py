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
    "v2g.codes",
    "v2g.values",
    "v2g.status",
    "v2g.responses",
    "v2g.signatures",
    "v2g.metering",
    "v2g.schedules",
    "v2g.parameters",
    "v2g.session",
)

for _name in _ORDER:
    __import__("gridkeel." + _name)
