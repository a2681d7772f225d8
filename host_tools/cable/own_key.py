"""The key that a board makes itself: it stays there, and what comes over the cable is its public key and requests."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from certs.keys import public_bytes
from certs.v2g import names
from certs.v2g.profiles import EDITIONS
from host_tools.cable.staging import Calls
from host_tools.errors import MissingError, ToolError
from host_tools.files import write_atomic
from host_tools.image.boards import Board
from host_tools.micropython.prompt import BoardError

SCRIPT = Path(__file__).with_name("provision_guest.py")
FILE = "own_key.der"
COMPONENT = EDITIONS["2"].profile("secc").domain_component
_REPLACE = "--replace-key makes another one"
_WORK_S = 120.0  # of a processor without kernels for it


@dataclass(frozen=True)
class OwnKey:
    """What is known of it here.  public: 65 bytes 04 || x || y.  sha256: of its file on the board."""

    public: bytes
    sha256: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key as SubjectPublicKeyInfo, as others show it."""
        return hashlib.sha256(public_bytes(self._key())).hexdigest()

    def _key(self) -> ec.EllipticCurvePublicKey:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.public)


def check_board(board: Board) -> None:
    """Errors: ToolError where no key may be made of the board's random numbers."""
    if not board.keys_on_device:
        raise ToolError(
            f"{board.name} makes no keys of its own, its random numbers are {board.entropy or 'not stated'}; "
            "give --pki DIR"
        )


def there(calls: Calls) -> bool:
    """Return whether a board keeps a file of a key of its own; this needs no firmware on it."""
    return any(calls.call("digests", [FILE, f"{FILE}.new"])["digests"])


def find(calls: Calls, *, replace: bool = False) -> OwnKey | None:
    """Return the board's own key, None where it has none.

    replace: a damaged one counts as none.  Errors: ToolError where it is damaged, or the firmware is too old.
    """
    row = _called(calls, "own_key")
    if row["damaged"] and not replace:
        raise ToolError(f"{FILE} on the board is damaged: {_REPLACE}")
    return _key_of(row)


def make(calls: Calls, *, replace: bool) -> OwnKey:
    """Let the board make its key, where it has none or is to have another; `find` comes before it."""
    made = _key_of(_called(calls, "make_key", replace))
    if made is None:
        raise ToolError("the key was read back otherwise than written; `gridkeel rig check` tries the flash")
    return made


def device_id(calls: Calls) -> str:
    """Return the device id on a board.  Errors: ToolError where none was provisioned."""
    found = str(calls.call("device_id")["device_id"])
    if not found:
        raise ToolError("nothing says what the request names the charger: give --device-id or --secc-id")
    return check_identity(found)


def remove(calls: Calls) -> None:
    """Let the board forget its own key."""
    calls.call("remove_key")


def save_request(calls: Calls, key: OwnKey, identity: str, path: Path) -> bool:
    """Write the board's request for its certificate into a file, PEM; return whether that was not there already.

    identity: SECC id.  Errors: ToolError where what the board signed does not hold, MissingError where the file
    cannot be written.
    """
    row = _called(calls, "request", identity, COMPONENT)
    try:
        request = x509.load_der_x509_csr(base64.b64decode(row["request"]))
        sound = request.is_signature_valid and _point(request.public_key()) == key.public
    except ValueError:
        sound = False
    if not sound:
        raise ToolError("the request that the board signed does not hold: its key is not to be used")
    text = request.public_bytes(Encoding.PEM)
    if _held(path) == text:
        return False
    write_atomic(path, text.decode())
    return True


def check_file(path: Path) -> None:
    """Errors: ToolError where a request would take the place of something else."""
    held = _held(path)
    if held and not held.startswith(b"-----BEGIN CERTIFICATE REQUEST-----"):
        raise ToolError(f"{path}: something that is no request for a certificate is there; name another file")


def check_identity(text: str) -> str:
    """Return a SECC id.  Errors: ToolError."""
    return names.secc_id(text)


def _held(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None


def point_of(certificate: x509.Certificate) -> bytes:
    """Return the public key of a certificate as a board's is known, empty where it is of another kind."""
    return _point(certificate.public_key())


def _point(key: Any) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return b""
    numbers = key.public_numbers()
    return b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def _key_of(row: dict[str, Any]) -> OwnKey | None:
    return OwnKey(bytes.fromhex(row["public"]), row["sha256"]) if row["public"] else None


def _called(calls: Calls, name: str, *arguments: object) -> dict[str, Any]:
    try:
        return calls.call(name, *arguments, timeout_s=_WORK_S)
    except BoardError as error:
        if "ImportError" not in str(error):
            raise
        raise ToolError(
            "no firmware that can make a key runs on this board: `gridkeel flash` puts it there; then run this again"
        ) from None
