"""Keys that sign releases: two of them, P-256, and the sets of public keys that devices trust.

A private key is named by a URI of securesystemslib: file2:PATH is a PEM file, and an HSM or a cloud's key service has
URIs of its own. Nothing here holds or prints a private key.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from securesystemslib.exceptions import Error as SigningError
from securesystemslib.signer import Signer, SSlibKey

from certs.files import PRIVATE, new_folder, write
from certs.keys import KINDS, pem
from gridkeel.update import keys as device_keys
from host_tools.errors import MissingError, ToolError

PUBLIC_SUFFIX = ".pub.pem"
SET_FILE = "update-keys-{}.set"  # number of the set
NAMES = ("a", "b")


def public_point(path: Path) -> bytes:
    """Return the public key of a PEM file as 65 bytes.  Errors: ToolError."""
    key = _loaded(path)
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _loaded(path: Path) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ToolError(f"{path} is no public key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ToolError(f"{path} is a key of another kind: updates are signed with ECDSA on P-256")
    return key


class SigningKey:
    """A private key by its URI, beside its public key's PEM file.  Errors: ToolError."""

    def __init__(self, uri: str, public: Path) -> None:
        self.point = public_point(public)
        try:
            self._signer = Signer.from_priv_key_uri(uri, SSlibKey.from_crypto(_loaded(public)))
        except OSError as error:
            raise MissingError(f"cannot read the private key {uri}: {error.strerror}") from None
        except (SigningError, ValueError, TypeError) as error:
            raise ToolError(f"the private key {uri} cannot be used with {public}: {error}") from None

    def sign(self, data: bytes) -> bytes:
        """Return the signature over data, r || s, 64 bytes."""
        r, s = decode_dss_signature(bytes.fromhex(self._signer.sign(data).signature))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signing_key(stem: Path) -> SigningKey:
    """Return the key whose files are STEM.key and STEM.pub.pem.  Errors: ToolError."""
    return SigningKey(f"file2:{stem}.key", Path(f"{stem}{PUBLIC_SUFFIX}"))


def make_keys(folder: Path, number: int = 1) -> Path:
    """Make two private keys and the set that trusts them in a new folder; return the set's path.

    Errors: ToolError where the folder is there already, OSError.
    """
    if folder.exists():
        raise ToolError(f"{folder} is there already: keys are never written over, name another folder")
    with new_folder(folder) as fresh:
        points = []
        for name in NAMES:
            key = KINDS["P-256"].make()
            write(fresh / f"{name}.key", pem(key), PRIVATE)
            public = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            write(fresh / f"{name}{PUBLIC_SUFFIX}", public)
            points.append(public_point(fresh / f"{name}{PUBLIC_SUFFIX}"))
        write(fresh / SET_FILE.format(number), key_set(number, points))
    return folder / SET_FILE.format(number)


def key_set(number: int, points: list[bytes]) -> bytes:
    """Return a set of two public keys as devices store it."""
    return device_keys.MAGIC + number.to_bytes(4, "little") + b"".join(points)


def rotation(fresh: bytes, old: tuple[SigningKey, SigningKey]) -> bytes:
    """Return what replaces the set of the two old keys, in its order, on a device.  fresh: the new set."""
    return fresh + old[0].sign(fresh) + old[1].sign(fresh)
