"""A contract's private key encrypted for the vehicle (ISO 15118-2, 7.9.2.4.3 and 7.9.2.5).

An ephemeral key and the vehicle's agree on a secret by ECDH on P-256; the concatenation KDF with SHA-256 makes of it a
key for AES-128 in CBC mode, without padding.  The initialisation vector is before the 32 encrypted bytes.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_BLOCK_BYTES = 16
_KEY_BYTES = 32
# AlgorithmID, PartyUInfo 'U' (who sends), PartyVInfo 'V' (who receives): [V2G2-818]
_OTHER_INFO = b"\x01UV"


def seal(private_key: ec.EllipticCurvePrivateKey, receiver: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    """Return (DHpublickey, 65 bytes uncompressed; ContractSignatureEncryptedPrivateKey, 48 bytes)."""
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    vector = secrets.token_bytes(_BLOCK_BYTES)
    encryptor = _cipher(ephemeral, receiver, vector).encryptor()
    plain = private_key.private_numbers().private_value.to_bytes(_KEY_BYTES, "big")
    sealed = vector + encryptor.update(plain) + encryptor.finalize()
    return ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint), sealed


def unseal(sealed: bytes, dh_public_key: bytes, receiver: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 32 bytes of the private key, as the vehicle does.  Errors: ValueError for no point of P-256."""
    sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), dh_public_key)
    decryptor = _cipher(receiver, sender, sealed[:_BLOCK_BYTES]).decryptor()
    return decryptor.update(sealed[_BLOCK_BYTES:]) + decryptor.finalize()


def _cipher(own: ec.EllipticCurvePrivateKey, other: ec.EllipticCurvePublicKey, vector: bytes) -> Cipher[modes.CBC]:
    kdf = ConcatKDFHash(SHA256(), length=_BLOCK_BYTES, otherinfo=_OTHER_INFO)
    return Cipher(algorithms.AES(kdf.derive(own.exchange(ec.ECDH(), other))), modes.CBC(vector))
