"""A PostgreSQL cluster of a test's own, in a temporary folder; never as root, which its server refuses."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from pathlib import Path

import pytest

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_USER = "postgres"  # Debian's package makes it


def required() -> Path:
    """Return the folder of the server's programs; skip where there is none, fail where nothing may be skipped."""
    for place in _PLACES:
        if (place / "initdb").is_file() and (place / "postgres").is_file():
            return place
    reason = "PostgreSQL's server is not installed: apt-get install postgresql"
    if os.environ.get("GRIDKEEL_NO_SKIPS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


class Cluster:
    """One server on a socket in its own folder; `url` is for psycopg."""

    def __init__(self, folder: Path) -> None:
        self._programs = required()
        # A socket's path may have some 100 octets, and the server's own user must reach the folder.
        self._folder = Path(f"/tmp/gridkeel-pg-{os.getpid()}-{id(self) % 100_000}")
        self._data = self._folder / "data"
        self._log = folder / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql://{_USER}@/postgres?host={self._folder}"

    def start(self) -> Cluster:
        self._folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            user = pwd.getpwnam(_USER)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        initdb = [self._programs / "initdb", "-D", self._data, "-U", _USER, "--auth=trust", "--no-sync", "-E", "UTF8"]
        done = subprocess.run(self._command(initdb), capture_output=True, text=True, cwd="/tmp")
        assert done.returncode == 0, done.stderr
        server = [self._programs / "postgres", "-D", self._data, "-k", self._folder, "-c", "listen_addresses="]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command(server), stdout=log, stderr=log, cwd="/tmp")
        ready = [self._programs / "pg_isready", "-h", self._folder]
        end_s = time.monotonic() + 30
        while subprocess.run(self._command(ready), capture_output=True, cwd="/tmp").returncode != 0:
            assert time.monotonic() < end_s and self._process.poll() is None, self._log.read_text()
            time.sleep(0.1)
        return self

    def stop(self) -> None:
        stop = [self._programs / "pg_ctl", "-D", self._data, "-m", "immediate", "stop"]
        subprocess.run(self._command(stop), capture_output=True, cwd="/tmp")
        if self._process is not None:
            self._process.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Cluster:
        return self.start()

    def __exit__(self, *_details: object) -> None:
        self.stop()

    def _command(self, words: list) -> list[str]:
        drop = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*drop, *map(str, words)]
