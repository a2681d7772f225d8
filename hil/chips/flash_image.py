"""The flash of an emulated chip: the firmware and scripts beside it, compiled for the chip, as a ROMFS image."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from host_tools.errors import ToolError
from host_tools.image import compiler, layout
from host_tools.image.chips import chip_named
from host_tools.image.package import beside, sources

FIRMWARE = Path(__file__).parents[2] / "firmware"


def flash_image(
    chip_name: str,
    scripts: Iterable[Path] = (),
    *,
    keep_names: bool = True,
    folded: bool = True,
    table: str = "",
    firmware: Path = FIRMWARE,
) -> bytes:
    """Return a ROMFS image: the package at its top, the scripts beside it.

    keep_names: scripts may ask for constants by name; without, the image is as a board gets it, and the scripts are
    held to what the fold leaves (host_tools/image/fold.py).  folded: without, constants stay where they are, so that a
    script may set them.  table: the board's pin table.
    Errors: ToolError where something does not compile.
    """
    chip = chip_named(chip_name)
    scripts = tuple(scripts)
    own = {path.name: path.read_text(encoding="utf-8") for path in scripts}
    texts = {
        path.relative_to(firmware).as_posix(): path.read_text(encoding="utf-8")
        for path in sources(firmware, chip, table, scripts, keep_names=keep_names)
    }
    others = [path.read_text(encoding="utf-8") for path in beside(firmware)] + list(own.values())
    if folded:
        texts = compiler.folded(texts, others, keep_names=keep_names)
    files = compiler.compiled(texts, chip)
    for name, text in own.items():
        try:
            ast.parse(text, name)
        except SyntaxError as error:
            raise ToolError(f"{name} is no Python: {error}") from None
    return layout.pack(files | compiler.compiled(own, chip, assertions=True))
