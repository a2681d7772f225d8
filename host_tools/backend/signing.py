"""Signatures of messages on the host: made with `cryptography`, checked by the rules of the board."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gridkeel.link.frames import EXCHANGE_MAX
from gridkeel.v2g import exi, grammars, signatures
from host_tools.backend import fast_verify

Element = tuple[str, Mapping[str, Any]]


def driven(work: Generator[Any, None, Any]) -> Any:
    """Run sliced work to its end; return what it returns."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def signature(elements: list[Element], key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    """Return the header's Signature over these elements of a body, each with an Id; r and s raw, 64 bytes."""
    info = {
        "CanonicalizationMethod": {"Algorithm": signatures.CANONICAL_EXI},
        "SignatureMethod": {"Algorithm": signatures.ECDSA_SHA256},
        "Reference": [_reference(*element) for element in elements],
    }
    r, s = decode_dss_signature(key.sign(_fragment(grammars.xmldsig(), "SignedInfo", info), ec.ECDSA(SHA256())))
    return {"SignedInfo": info, "SignatureValue": {"": r.to_bytes(32, "big") + s.to_bytes(32, "big")}}


def check(header: Mapping[str, Any], name: str, body: Mapping[str, Any], public_key: bytes) -> int:
    """Check a header's signature over its body element; return journal.OK or what is wrong, a code of journal.py.

    public_key: 65 bytes.
    """
    return driven(signatures.check(_Quiet(), header, name, body, public_key, fast_verify.verify))


class _Quiet:
    """The part of a session that the board's check reads."""

    now_ms = 0

    def __init__(self) -> None:
        self.scratch = bytearray(EXCHANGE_MAX)

    def log(self, kind: int, subject: int, detail: int, number: int) -> None:
        """Take an entry of the log; nobody reads it."""

    def since(self, begun_ms: int) -> int:
        return 0


def _reference(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "URI": "#" + value["Id"],
        "Transforms": {"Transform": [{"Algorithm": signatures.CANONICAL_EXI}]},
        "DigestMethod": {"Algorithm": signatures.SHA256},
        "DigestValue": sha256(_fragment(grammars.iso2(), name, value)).digest(),
    }


def _fragment(schema: exi.Schema, name: str, value: Mapping[str, Any]) -> bytes:
    out = bytearray(EXCHANGE_MAX)
    return bytes(out[: exi.encode_fragment(schema, name, value, out, 0)])
