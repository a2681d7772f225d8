"""The PKI of ISO 15118: profiles as data, issuing, renewing, revoking, checking and exporting.

pki = v2g.make(folder, emaid="DE8AA001234567"), or v2g.Pki(folder) for one that is there; then
v2g.export_device(pki, target) and v2g.export_peer(pki, target).
"""

from certs.v2g.export import chain_pem, export_device, export_peer, export_roots
from certs.v2g.making import make
from certs.v2g.pki import Pki

__all__ = ["Pki", "chain_pem", "export_device", "export_peer", "export_roots", "make"]
