"""The name by which an uplink is known at its broker."""

from __future__ import annotations

import socket
from pathlib import Path
from zlib import crc32


def default_name(queue_path: Path) -> str:
    """Return the host's name and four digits made of the queue file's path: another for each uplink of a host."""
    mark = crc32(str(queue_path.resolve()).encode()) & 0xFFFF
    return f"{socket.gethostname().partition('.')[0] or 'host'}-{mark:04x}"
