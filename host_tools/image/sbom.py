"""Bill of materials of an image, as CycloneDX 1.5: the firmware, the tables in it with source and licence, the tools.

It holds no time and no path of this machine, so that it is the same wherever the same commit is built.
"""

from __future__ import annotations

import hashlib
import platform
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from gridkeel.services.grid_codes.listed import DROOP_PROFILES, GRID_CODES, TRIP_PROFILES
from host_tools.image.boards import Board
from host_tools.image.chips import SMALL_INT_BITS

LICENCE = "Apache-2.0"
_FIGURES = "figures of the document named; no text of it"


class Table(NamedTuple):
    """One table of the firmware that somebody else's document is behind."""

    path: str  # in the package
    source: str
    licence: str


def _grid_code_sources() -> str:
    listed_ones = (*GRID_CODES, *DROOP_PROFILES, *TRIP_PROFILES)
    found = {getattr(one, name) for one in listed_ones for name in dir(one) if name.endswith("_source")}
    return "; ".join(sorted(found - {"none"}))


TABLES = (
    Table("services/grid_codes/packed.py", _grid_code_sources(), _FIGURES),
    Table("crypto/p256.py", "SEC 2 and FIPS 186-4: curve P-256", _FIGURES),
    Table("crypto/base_table.py", "computed from SEC 2's base point of P-256", LICENCE),
    Table("v2g/exi/tables/iso2.py", "schemas of ISO 15118-2:2014 in the package iso15118", _FIGURES),
    Table("v2g/exi/tables/sap.py", "schemas of ISO 15118-2:2014 in the package iso15118", _FIGURES),
    Table("v2g/exi/tables/xmldsig.py", "W3C XML Signature schema in the package iso15118", _FIGURES),
    Table("v2g/exi/tables/din.py", "schemas of DIN SPEC 70121 in the package iso15118", _FIGURES),
    Table("v2g/exi/tables/iso20_common.py", "schemas of ISO 15118-20:2022 in the package iso15118", _FIGURES),
    Table("v2g/exi/tables/iso20_ac.py", "schemas of ISO 15118-20:2022 in the package iso15118", _FIGURES),
    Table("v2g/exi/tables/iso20_dc.py", "schemas of ISO 15118-20:2022 in the package iso15118", _FIGURES),
    Table("v2g/iso2/states.py", "ISO 15118-2:2014, 8.7.2 and 8.8", _FIGURES),
    Table("inverter/sunspec/points.py", "SunSpec Information Model definitions", LICENCE),
    Table("inverter/sofar_hyd.py", "SOFARSOLAR Modbus-G3 Protocol V1.38", _FIGURES),
)


def document(
    board: Board,
    version: str,
    image: bytes,
    parts: Mapping[str, bytes],
    texts: Mapping[str, str],
    tools: Mapping[str, str],
) -> dict[str, Any]:
    """Return the bill of materials.

    parts: what is flashed beside the image, by name.  texts: the sources, by their path in the package.
    """
    own = f"gridkeel@{version}#{board.name}"
    components = [_table(table, texts[table.path]) for table in TABLES if table.path in texts]
    files = [_file(name, octets) for name, octets in sorted(parts.items())]
    made_by = {**tools, "python": platform.python_version()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, own + _sha256(image))}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "firmware",
                "bom-ref": own,
                "name": "gridkeel",
                "version": version,
                "licenses": [{"license": {"id": LICENCE}}],
                "hashes": [{"alg": "SHA-256", "content": _sha256(image)}],
                "properties": _properties(board),
            },
            "tools": {
                "components": [
                    {"type": "application", "name": name, "version": made_by[name]} for name in sorted(made_by)
                ]
            },
        },
        "components": components + files,
        "dependencies": [{"ref": own, "dependsOn": [each["bom-ref"] for each in components + files]}],
    }


def _properties(board: Board) -> list[dict[str, str]]:
    values = {
        "board": board.name,
        "chip": board.chip.name,
        "march": board.chip.march,
        "small_int_bits": str(SMALL_INT_BITS),
    }
    return [{"name": f"gridkeel:{name}", "value": value} for name, value in values.items()]


def _table(table: Table, text: str) -> dict[str, Any]:
    named = {"license": {"id": table.licence}} if table.licence == LICENCE else {"license": {"name": table.licence}}
    return {
        "type": "data",
        "bom-ref": f"table:{table.path}",
        "name": table.path,
        "description": table.source,
        "licenses": [named],
        "hashes": [{"alg": "SHA-256", "content": _sha256(text.encode())}],
    }


def _file(name: str, octets: bytes) -> dict[str, Any]:
    return {
        "type": "file",
        "bom-ref": f"file:{name}",
        "name": name,
        "hashes": [{"alg": "SHA-256", "content": _sha256(octets)}],
    }


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
