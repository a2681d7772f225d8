"""Topic names, the contract's version in the prefix: gridkeel/v2/<device>/<leaf>, gridkeel/v2/$uplink/<name>/status.

Releases of firmware, for the whole fleet: gridkeel/v2/$release/<name>/<number>. Commands to a group of controllers:
gridkeel/v2/$group/<number>/cmd.
"""

from __future__ import annotations

import re

PREFIX = "gridkeel/v2"
BIRTH = "birth"
STATUS = "status"
COMMAND = "cmd"
ACK = "ack"
COMPACT = "compact"  # records without names: compact.py
UPDATE = "update"  # how an update stands: the one record that is retained
TWIN = "twin"  # what the cloud twin knows of a controller's battery: retained, and no record
STATUSES = f"{PREFIX}/+/{STATUS}"
EVERYTHING = f"{PREFIX}/+/+"
_UPLINK = "$uplink"  # never a device: `level` writes the sign as %24
_RELEASE = "$release"
_TWIN = "$twin"
_GROUP = "$group"
UPLINKS = f"{PREFIX}/{_UPLINK}/+/{STATUS}"

_OURS = (BIRTH, STATUS, COMMAND, ACK, COMPACT, TWIN)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_LEVEL = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def level(name: str) -> str:
    """Return a name as one topic level: the name itself where it is safe, else with every other byte as %XX."""
    if _LEVEL.fullmatch(name):
        return name
    raw = name.encode("utf-8", "surrogatepass")[:64]
    return "".join(chr(b) if _LEVEL.fullmatch(chr(b)) else f"%{b:02X}" for b in raw) or "%00"


def topic(device: str, leaf: str) -> str:
    return f"{PREFIX}/{level(device)}/{leaf}"


def record_leaf(message: str) -> str:
    """Return the leaf of a record: the message's own name, which may not pose as one of the uplink's own topics."""
    leaf = level(message)
    return f"record-{leaf}" if leaf in _OURS else leaf


def split(name: str) -> tuple[str, str] | None:
    """Return (device level, leaf) of a topic under PREFIX, None for any other."""
    parts = name.split("/")
    if len(parts) != 4 or f"{parts[0]}/{parts[1]}" != PREFIX or not parts[2]:
        return None
    return parts[2], parts[3]


def presence(uplink: str) -> str:
    """Return the topic on which an uplink says that it is there."""
    return f"{PREFIX}/{_UPLINK}/{level(uplink)}/{STATUS}"


def twin_presence(name: str) -> str:
    """Return the topic on which a twin says that it is there."""
    return f"{PREFIX}/{_TWIN}/{level(name)}/{STATUS}"


def signal(name: str) -> str:
    """Return the topic on which a twin takes its regulation signal."""
    return f"{PREFIX}/{_TWIN}/{level(name)}/signal"


def split_presence(name: str) -> str | None:
    """Return the uplink level of a presence topic, None for any other."""
    parts = name.split("/")
    if len(parts) != 5 or "/".join((*parts[:2], parts[4])) != f"{PREFIX}/{STATUS}" or parts[2] != _UPLINK:
        return None
    return parts[3] or None


def release(name: str, number: int | str) -> str:
    """Return the topic of a release's head (number 0) or of a piece; "+" for all of them."""
    return f"{PREFIX}/{_RELEASE}/{name}/{number}"


def split_release(topic_name: str) -> tuple[str, int] | None:
    """Return (name, number) of a release's topic, None for any other."""
    parts = topic_name.split("/")
    if len(parts) != 5 or "/".join(parts[:3]) != f"{PREFIX}/{_RELEASE}" or not _NUMBER.fullmatch(parts[4]):
        return None
    return parts[3], int(parts[4])


def group(number: int) -> str:
    """Return the topic of commands to a group."""
    return f"{PREFIX}/{_GROUP}/{number}/{COMMAND}"


def split_group(topic_name: str) -> int | None:
    """Return the group whose commands a topic carries, None for any other topic."""
    parts = topic_name.split("/")
    if len(parts) != 5 or "/".join((*parts[:3], parts[4])) != f"{PREFIX}/{_GROUP}/{COMMAND}":
        return None
    return int(parts[3]) if _NUMBER.fullmatch(parts[3]) else None
