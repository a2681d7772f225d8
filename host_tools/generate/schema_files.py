"""The published JSON Schemas of what travels by MQTT: host_tools/contract/schema/."""

from __future__ import annotations

import json
from pathlib import Path

from host_tools.contract import schemas

FOLDER = Path(schemas.__file__).parent / "schema"


def files() -> dict[Path, str]:
    """Return {path: text} of every schema, and of none that has no message any more."""
    return {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2) + "\n"
        for name, schema in schemas.documents().items()
    }
