"""The virtual board's execute-in-place flash: the image of a firmware, made once for each content of it.

It is kept in the user's cache, named by all that goes into it.
"""

from __future__ import annotations

import hashlib
import inspect
import os
import tempfile
from pathlib import Path

from platformdirs import user_cache_path

from host_tools.errors import ToolError
from host_tools.image import arguments, attributes, compiler, constants, fold, interning, layout
from host_tools.image.chips import CHIPS
from host_tools.image.package import PROMISED, beside, sources

_CHIP = CHIPS["unix-x64"]


def rom_image(folder: Path, cache: Path | None = None, *, keep_names: bool = False) -> Path:
    """Return the image of the package in `folder` (a flash or a checkout's firmware), made where it is not yet there.

    keep_names: constants can be asked for by name, as tests of the modules do, and what a host alone needs is there.
    Errors: ToolError where a file does not compile or the cache (the user's own by default) cannot be written.
    """
    files = sources(folder, _CHIP, keep_names=keep_names)
    kept = (cache or user_cache_path("gridkeel") / "rom") / f"{_digest(folder, files, keep_names)}.romfs"
    if not kept.exists():
        texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}
        users = [path.read_text(encoding="utf-8") for path in beside(folder)]
        folded = compiler.folded(texts, users, keep_names=keep_names)
        image = layout.pack(compiler.compiled(folded, _CHIP))
        try:
            _write_whole(kept, image)
        except OSError as error:
            raise ToolError(f"cannot keep the ROM image as {kept}: {error.strerror}; XDG_CACHE_HOME moves it") from None
    return kept


def _digest(folder: Path, files: list[Path], keep_names: bool) -> str:
    """Name the image by all that goes into it: paths, contents, what makes it."""
    made_by = f"{sorted(compiler.tools().items())} {compiler.options(_CHIP)} {PROMISED} {keep_names}"
    digest = hashlib.sha256(made_by.encode())
    for module in (arguments, attributes, compiler, constants, fold, interning, layout):
        digest.update(inspect.getsource(module).encode())
    for source in files + beside(folder):
        content = source.read_bytes()
        digest.update(f"\n{source.relative_to(folder).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:32]


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as fresh:
        fresh.write(data)
    os.replace(fresh.name, path)
