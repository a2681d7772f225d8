"""JSON Schemas of what travels by MQTT, generated from the message table: `python -m host_tools.schema --write`."""

from host_tools.schema.generate import IDS, documents

__all__ = ["IDS", "documents"]
