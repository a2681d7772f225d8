"""`python -m certs FOLDER [--host NAME ...] [--client NAME ...]`: certificates for MQTT with TLS, a first set-up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from certs.issue import LOOPBACK_HOSTS, issue


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m certs", description="Issue a CA, a broker's and a client's pair.")
    parser.add_argument("folder", type=Path, help="where the PEM files go; keep it out of version control")
    parser.add_argument("--host", action="append", help="name or address of the broker; default: the loopback")
    parser.add_argument("--client", action="append", help="name of one more client, which its broker can tell apart")
    options = parser.parse_args()
    try:
        pairs = issue(options.folder, hosts=tuple(options.host or LOOPBACK_HOSTS), clients=tuple(options.client or ()))
    except (ValueError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    for name, pair in pairs.items():
        print(f"{name}: {pair.certificate} {pair.key}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
