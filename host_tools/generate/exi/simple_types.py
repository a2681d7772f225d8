"""Simple types of the schema to the kinds that the codec knows."""

from __future__ import annotations

from typing import Any

from gridkeel.v2g.exi import schema as table
from host_tools.generate.exi.model import SimpleType, UnsupportedSchemaError

XSD = "http://www.w3.org/2001/XMLSchema"
_N_BIT_COUNT = 4096  # EXI 7.1.9: a range up to this is an n-bit number
_FACETS = {"length", "minLength", "maxLength", "minInclusive", "maxInclusive", "enumeration", "whiteSpace", "pattern"}
_STRINGS = {"string", "anyURI"}
_BINARIES = {"base64Binary", "hexBinary"}
# Longer than the schema says: sub-CAs in use pass its 800 bytes. How long a binary may be is not in its encoding.
_LONGER = {"{urn:iso:15118:2:2013:MsgDataTypes}certificateType": 1600}


def simple_type(xsd: Any) -> SimpleType:
    """Return the kind and bounds of an xmlschema simple type.  Errors: UnsupportedSchemaError."""
    root = xsd.root_type.local_name
    _check_facets(xsd)
    if xsd.enumeration is not None:
        if root != "string":
            raise UnsupportedSchemaError(f"{xsd}: an enumeration of {root}")
        return SimpleType(table.ENUMERATION, len(xsd.enumeration), enumeration=tuple(xsd.enumeration))
    if root == "boolean":
        return SimpleType(table.BOOLEAN)
    if root in _STRINGS:
        return SimpleType(table.STRING, *_lengths(xsd))
    if root in _BINARIES:
        return SimpleType(table.BINARY, *_lengths(xsd))
    if xsd.is_derived(xsd.maps.types[f"{{{XSD}}}integer"]):
        return _integer(xsd.min_value, xsd.max_value)
    raise UnsupportedSchemaError(f"{xsd}: a simple type of root {root}")


def _check_facets(xsd: Any) -> None:
    base = xsd
    while base is not None and base.is_simple():
        names = {str(name).rpartition("}")[2] for name in (getattr(base, "facets", None) or {}) if name}
        builtin = base.target_namespace == XSD
        unknown = names - _FACETS if builtin else names - _FACETS | names & {"pattern"}
        # fractionDigits of xs:integer, patterns of NCName and its kin and of integers: EXI takes no notice of them.
        if unknown - ({"fractionDigits", "explicitTimezone"} if builtin else set()):
            raise UnsupportedSchemaError(f"{xsd}: facets {sorted(unknown)}")
        base = base.base_type


def _lengths(xsd: Any) -> tuple[int, int]:
    low, high = xsd.min_length or 0, _LONGER.get(xsd.name, xsd.max_length or 0)
    if low > 0xFF or high > 0xFFFF:
        raise UnsupportedSchemaError(f"{xsd}: a length of {low}..{high}")
    return low, high


def _integer(low: int | None, high: int | None) -> SimpleType:
    if low is None or high is None:
        return _open_integer(low, high)
    if high - low + 1 <= _N_BIT_COUNT:
        if not -128 <= low <= 127:
            raise UnsupportedSchemaError(f"an integer of {low}..{high}")
        return SimpleType(table.BITS, low & 0xFF, high - low + 1)
    bits = high.bit_length()
    if low < 0:
        if (low, high) != (-(1 << bits), (1 << bits) - 1):
            raise UnsupportedSchemaError(f"an integer of {low}..{high}")
        return SimpleType(table.SIGNED, bits + 1)
    if high == (1 << bits) - 1:
        return SimpleType(table.UNSIGNED, bits, low)
    return SimpleType(table.LIMITED, low, highest=high)


def _open_integer(low: int | None, high: int | None) -> SimpleType:
    if high is not None or low not in (None, 0, 1):
        raise UnsupportedSchemaError(f"an integer of {low}..{high}")
    return SimpleType(table.SIGNED) if low is None else SimpleType(table.UNSIGNED, 0, low)
