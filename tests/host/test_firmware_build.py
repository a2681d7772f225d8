"""Images of boards: what is in them, that they are the same wherever they are built, and what is refused."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli_run import run_here
from firmware_images import CLOCK_MHZ, board_file, contents, run

from host_tools.errors import ToolError
from host_tools.image import boards, capability, compiler, layout, stamp
from host_tools.image.build import IMAGE, MANIFEST, SBOM, Build, build, write
from host_tools.image.chips import CHIPS
from host_tools.image.constants import Constants, parse
from host_tools.image.package import PROMISED, module_of, sources
from host_tools.image.rom import rom_image
from host_tools.image.stamp import FIRMWARE

# Of the header of an .mpy, by the tools that read it; 0 is bytecode alone.
ARCHITECTURES = {"armv6m": 4, "armv7emsp": 7, "xtensawin": 10, "rv32imc": 11, "x64": 2}
VERSION = 'VERSION = "1.2.3"\nCOMMIT = "unknown"\nBOARD = ""\n'
CHOOSER = """\
import gridkeel


def this_board():
    from gridkeel.boards import rp2, virtual


def described():
    table = __import__("gridkeel.boards.tables." + gridkeel.BOARD, None, None, ("NAME",))
    return table.NAME, table.MACHINE
"""
REAL = ("RP2040", "ESP32C6")  # built whole here; `make firmware` builds every board there is


def small_firmware(folder: Path, **files: str) -> Path:
    """Write a firmware of a few files, with a board file of each kind; files: more of it, / written as __."""
    texts = {
        "boot.py": "",
        "main.py": "import gridkeel\n",
        "gridkeel/__init__.py": VERSION,
        "gridkeel/ticks.py": "MASK = 0x3FFFFFFF\n_HALF = 3\n\n\ndef half():\n    return _HALF\n",
        "gridkeel/boards/__init__.py": CHOOSER,
        "gridkeel/boards/common.py": "A = 1\n",
        "gridkeel/boards/rp2.py": "from gridkeel.boards import common, ring, tables\n",
        "gridkeel/boards/ring.py": "A = 2\n",
        "gridkeel/boards/virtual.py": "def make():\n    from gridkeel.boards import common, pipe\n",
        "gridkeel/boards/pipe.py": "A = 3\n",
        "gridkeel/boards/tables/__init__.py": "NONE = -1\n",
        "gridkeel/boards/tables/one.py": 'NAME = "one"\nCHIP = "RP2040"\nCLOCK_HZ = 200000000\n',
        "gridkeel/boards/tables/two.py": 'NAME = "two"\nCHIP = "RP2350"\nCLOCK_HZ = 150000000\n',
        **{name.replace("__", "/") + ".py": text for name, text in files.items()},
    }
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def built_small(folder: Path, name: str) -> Build:
    firmware = small_firmware(folder / "firmware")
    return build(boards.board_named(firmware, name), firmware=firmware)


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The firmware outside of any checkout, so that its commit is unknown to each build alike."""
    folder = tmp_path_factory.mktemp("copied")
    for name in ("boot.py", "main.py"):
        shutil.copy(FIRMWARE / name, folder / name)
    shutil.copytree(FIRMWARE / "gridkeel", folder / "gridkeel", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def whole(copied: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Build]:
    """The whole firmware, built for boards of a user's with the chips of REAL."""
    tables = tmp_path_factory.mktemp("tables")
    own = {chip: boards.read(board_file(tables, chip), own=True) for chip in REAL}
    return {chip: build(board, firmware=copied) for chip, board in own.items()}


@pytest.mark.parametrize("chip", REAL)
def test_an_image_holds_code_for_its_chip_and_the_files_of_its_board(
    chip: str, whole: dict[str, Build], tmp_path: Path
) -> None:
    done = whole[chip]
    found = contents(done.image, tmp_path)
    assert {head[:2] for head in found.values()} == {(ord("M"), 6)}
    assert {head[3] for head in found.values()} == {31}, "bits of a small integer"
    kernels = {head[2] >> 2 for path, head in found.items() if path.endswith("/kernels.mpy")}
    assert kernels == {ARCHITECTURES[done.board.chip.march]}
    assert {head[2] >> 2 for head in found.values()} == kernels | {0}
    assert f"gridkeel/boards/tables/{done.board.name}.mpy" in found
    assert not [path for path in found if "virtual" in path or "lockstep" in path or "realtime" in path]
    assert sum(done.parts.values()) < len(done.image) < done.board.romfs_bytes


def test_the_same_commit_gives_the_same_octets_in_another_folder_for_another_user(
    copied: Path, whole: dict[str, Build], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "a" / "longer name" / "firmware"
    shutil.copytree(copied, elsewhere)
    script = (
        "import os, sys; os.umask(0o077)\n"
        "from pathlib import Path\n"
        "from host_tools.image import boards, build\n"
        "board = boards.read(Path(sys.argv[2]), own=True)\n"
        "build.write(build.build(board, firmware=Path(sys.argv[1])), Path(sys.argv[3]))\n"
    )
    board = whole["RP2040"].board
    assert board.table is not None
    environment = {
        **{"HOME": str(tmp_path / "home"), "USER": "somebody", "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "C"},
        **{"PYTHONHASHSEED": "7", "PATH": os.environ["PATH"], "PYTHONPATH": str(FIRMWARE.parent)},
    }
    words = [sys.executable, "-c", script, str(elsewhere), str(board.table), str(tmp_path / "out")]
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, timeout=240)
    out = tmp_path / "out" / board.name
    assert {path.name: path.read_bytes() for path in out.iterdir()} == whole["RP2040"].files


def test_the_bill_of_materials_names_image_board_tables_and_tools(whole: dict[str, Build]) -> None:
    done = whole["RP2040"]
    bill = json.loads(done.files[SBOM])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    own = bill["metadata"]["component"]
    manifest = json.loads(done.files[MANIFEST])
    assert own["hashes"][0]["content"] == manifest["files"][IMAGE]["sha256"]
    assert own["version"] == manifest["version"] and own["version"].endswith("+unknown")
    assert {"name": "gridkeel:board", "value": "mine_rp2040"} in own["properties"]
    tools = {tool["name"]: tool["version"] for tool in bill["metadata"]["tools"]["components"]}
    assert tools.items() >= compiler.tools().items()
    data = [each for each in bill["components"] if each["type"] == "data"]
    assert len(data) > 10 and all(each["description"] and each["licenses"] for each in data)
    assert "timestamp" not in json.dumps(bill) and str(FIRMWARE.parent) not in json.dumps(bill)


def test_an_image_built_after_another_one_keeps_places_and_names_it(tmp_path: Path) -> None:
    first = built_small(tmp_path, "one")
    firmware = tmp_path / "firmware"
    grown = firmware / "gridkeel" / "boards" / "common.py"
    grown.write_text(grown.read_text() + "".join(f"\n\ndef grown_{i}():\n    return {i}\n" for i in range(40)))
    board = boards.board_named(firmware, "one")
    second = build(board, firmware=firmware, after=first.image)
    before, after = layout.places(first.image), layout.places(second.image)
    moved = {path for path in before if before[path].at != after[path].at}
    assert moved == {"gridkeel/boards/common.mpy"}
    assert second.manifest["after"] == hashlib.sha256(first.image).hexdigest() and "after" not in first.manifest
    assert contents(second.image, tmp_path).keys() == before.keys()


def test_files_of_other_boards_are_left_out(tmp_path: Path) -> None:
    for name, present in {
        "one": {"boards/common", "boards/rp2", "boards/ring", "boards/tables/__init__", "boards/tables/one"},
        "virtual": {"boards/common", "boards/virtual", "boards/pipe"},
    }.items():
        folder = tmp_path / name
        folder.mkdir()
        found = contents(built_small(folder, name).image, folder)
        common = {"__init__", "ticks", "boards/__init__"}
        assert set(found) == {f"gridkeel/{path}.mpy" for path in present | common}


def test_an_image_knows_its_board_and_its_commit(tmp_path: Path) -> None:
    done = built_small(tmp_path, "virtual")
    (tmp_path / "image.romfs").write_bytes(done.image)
    assert run(tmp_path, "import gridkeel; print(repr(gridkeel.BOARD))", tmp_path / "image.romfs").stdout == "''\n"
    firmware = small_firmware(tmp_path / "other")
    virtual_chip = board_file(tmp_path, "UNIX-X64", NAME="own", FAMILY="virtual", PIN=7)
    own = build(boards.read(virtual_chip, own=True), firmware=firmware)
    (tmp_path / "own.romfs").write_bytes(own.image)
    ask = "import gridkeel.boards; print(gridkeel.BOARD, gridkeel.COMMIT, *gridkeel.boards.described())"
    assert run(tmp_path, ask, tmp_path / "own.romfs").stdout == "own unknown own Mine with UNIX-X64\n"


def test_a_whole_board_of_a_user_s_is_the_one_that_runs_and_may_use_any_board_s_parts(tmp_path: Path) -> None:
    lines = (
        "from gridkeel.ticks import MASK",
        "from gridkeel.boards import ring",
        "def make():",
        "    return MASK, ring.A",
    )
    own = board_file(tmp_path, "UNIX-X64", *lines, NAME="mine", FAMILY=None)
    done = build(boards.read(own, own=True), firmware=small_firmware(tmp_path / "firmware"))
    (tmp_path / "image.romfs").write_bytes(done.image)
    asked = run(tmp_path, "from gridkeel.boards import this_board; print(this_board())", tmp_path / "image.romfs")
    assert asked.stdout == "(1073741823, 2)\n", asked


def test_a_file_beside_a_folded_image_finds_the_names_that_board_files_are_promised(tmp_path: Path) -> None:
    asking = "".join(f"from {module} import {', '.join(names)}\n" for module, names in PROMISED.items())
    done = run(tmp_path, asking + "print(MASK, PILOT_OFF, DC_SUPPLY, ISO15118, AT_ODDS)\n", rom_image(FIRMWARE))
    assert done.stdout == "1073741823 -1 3 2 8\n", done.stderr


def test_all_that_the_board_files_here_take_from_the_firmware_is_promised() -> None:
    """They are what somebody's own board file is written after."""
    texts = {module_of(path.relative_to(FIRMWARE)): path.read_text() for path in sources(FIRMWARE, CHIPS["rp2040"])}
    modules = {name: parse(name, text, texts) for name, text in texts.items()}
    constants = Constants(modules)
    asked: set[tuple[str, str]] = set()
    for name, module in modules.items():
        if name.startswith("gridkeel.boards."):
            for node in module.nodes:
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                    asked.add((module.modules.get(node.value.id, ""), node.attr))
            asked.update(module.members.values())
    folded = {(module, name) for module, name in asked if module and constants.of(module, name) is not None}
    ours = {(module, name) for module, name in folded if not module.startswith("gridkeel.boards")}
    assert ("gridkeel.ticks", "MASK") in ours
    assert ours <= {(module, name) for module, names in PROMISED.items() for name in names}


def test_names_that_a_script_beside_the_image_asks_for_stay(tmp_path: Path) -> None:
    firmware = small_firmware(tmp_path / "firmware")
    script = tmp_path / "script.py"
    script.write_text("from gridkeel import ticks\nprint(ticks._HALF)\n")
    virtual = boards.board_named(firmware, "virtual")
    for users, said in (((), "AttributeError"), ((script,), "3\n")):
        (tmp_path / "image.romfs").write_bytes(build(virtual, firmware=firmware, users=users).image)
        done = run(tmp_path, script.read_text(), tmp_path / "image.romfs")
        assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("from gridkeel.ticks import MASKS", "line 8: gridkeel.ticks has no MASKS (did you mean MASK?)"),
        ("from gridkeel import ticks; ticks.half(); ticks.third()", "line 8: gridkeel.ticks has no third"),
        ("from gridkeel.tick import MASK", "line 8: the image has no module gridkeel.tick"),
        ("def broken(:", "is no Python"),
    ],
)
def test_a_board_file_that_asks_for_what_is_not_there_is_named_at_build(line: str, said: str, tmp_path: Path) -> None:
    path = board_file(tmp_path, "RP2040", line)
    with pytest.raises(ToolError) as refused:
        build(boards.read(path, own=True), firmware=small_firmware(tmp_path / "firmware"))
    assert str(path) in str(refused.value) and said in str(refused.value)


@pytest.mark.parametrize(
    ("constants", "said"),
    [
        ({"CHIP": "Z80"}, "unknown chip 'Z80': rp2040, rp2350"),
        ({"CLOCK_HZ": "fast"}, "CLOCK_HZ must be a positive integer, it is 'fast'"),
        ({"CLOCK_HZ": 0}, "CLOCK_HZ must be a positive integer, it is 0"),
        ({"CHIP": None}, "CHIP must be a text, it is None"),
        ({"ROMFS_BYTES": 100}, "there is room for 100 in its flash"),
    ],
)
def test_a_board_file_with_a_wrong_constant_is_named(constants: dict[str, object], said: str, tmp_path: Path) -> None:
    path = board_file(tmp_path, "RP2040", NAME="mine", **constants)
    with pytest.raises(ToolError) as refused:
        build(boards.read(path, own=True), firmware=small_firmware(tmp_path / "firmware"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("chip", "parameters", "said"),
    [
        ("RP2040", {"evse": 2}, r"268,000 bytes of heap, there are 245,888 \(measured: .*set evse to 0 or 1"),
        ("ESP32C3", {"evse": 2}, "268,000 bytes of heap, there are 170,000"),
        ("RP2350", {"evse": 2}, "needs a network for vehicles, and its board file serves none"),
        ("RP2040", {"block_ms": 5, "evse": 1, "sample_hz": 9600}, ""),
        ("ESP32C3", {"block_ms": 5, "evse": 1}, ""),
        ("ESP32C6", {}, ""),
        ("RP2350", {"evse": 1}, ""),
    ],
)
def test_what_a_chip_cannot_carry_is_refused_with_the_figure(
    chip: str, parameters: dict[str, int], said: str, tmp_path: Path
) -> None:
    board = boards.read(board_file(tmp_path, chip), own=True)
    if not said:
        assert capability.check(board, parameters) <= board.heap_bytes
        return
    with pytest.raises(ToolError, match=said):
        build(board, parameters)


def test_a_clock_that_is_too_slow_is_refused_with_the_one_it_takes(tmp_path: Path) -> None:
    slow = boards.read(board_file(tmp_path, "RP2040", CLOCK_HZ=60_000_000), own=True)
    with pytest.raises(ToolError, match=r"9\.8 ms at 60 MHz, and 80 % .* a clock of 74 MHz, or block_ms = 20"):
        capability.check(slow, {})
    capability.check(slow, {"block_ms": 20})
    at_it = boards.read(board_file(tmp_path, "RP2040", NAME="quick", CLOCK_HZ=74_000_000), own=True)
    capability.check(at_it, {})
    reckoned = boards.read(board_file(tmp_path, "ESP32C3", NAME="slower", CLOCK_HZ=120_000_000), own=True)
    with pytest.raises(ToolError, match=r"step takes 530,\d+ cycles \(reckoned.*\), 4\.4 ms at 120 MHz"):
        capability.check(reckoned, {"block_ms": 5, "evse": 1})


def test_a_board_s_table_may_say_more_heap_and_a_network_for_vehicles(tmp_path: Path) -> None:
    path = board_file(tmp_path, "ESP32C6", HEAP_BYTES=4_000_000, VEHICLE_NETWORK=True)
    assert capability.check(boards.read(path, own=True), {"evse": 2}) == 268_000


def test_every_chip_compiles_viper_for_an_architecture_of_its_own() -> None:
    assert {chip.upper() for chip in CHIPS} - {"UNIX-X64"} == set(CLOCK_MHZ)
    for chip in CHIPS.values():
        texts = {"gridkeel/kernels.py": "import micropython\n\n\n@micropython.viper\ndef f(a: ptr8):\n    a[0] = 1\n"}
        [octets] = compiler.compiled(texts, chip).values()
        assert octets[:2] == b"M\x06" and octets[2] >> 2 == ARCHITECTURES[chip.march] and octets[3] == 31


def test_every_board_there_is_has_a_table_that_can_be_built_for() -> None:
    for board in boards.boards(FIRMWARE).values():
        capability.check_any(board)


def test_without_parameters_an_image_is_built_and_what_it_wants_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamp, "FIRMWARE", small_firmware(tmp_path / "firmware"))
    slow = board_file(tmp_path, "RP2040", CLOCK_HZ=60_000_000)
    words = ("firmware", "build", "--board-file", slow, "--out", tmp_path / "out")
    done = run_here(*words)
    assert done.returncode == 0 and "74 MHz, or block_ms = 20" in done.stderr
    (tmp_path / "given.json").write_text("{}")
    assert run_here(*words, "--config", tmp_path / "given.json").returncode == 2


def test_the_command_writes_image_parameters_manifest_and_bill_and_says_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stamp, "FIRMWARE", small_firmware(tmp_path / "firmware"))
    config = tmp_path / "mine.json"
    config.write_text('{"evse": 1, "baseline_w": 5000}')
    table = board_file(tmp_path, "RP2350")
    words = ("firmware", "build", "--board-file", table, "--out", tmp_path / "out", "--config", config)
    done = run_here(*words, "--json", tmp_path / "built.json")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "out" / "mine_rp2350"
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["boot.py", "main.py", "config.json", IMAGE, MANIFEST, SBOM]
    )
    assert json.loads((folder / "config.json").read_text()) == {"evse": 1, "baseline_w": 5000}
    [row] = json.loads((tmp_path / "built.json").read_text())
    assert row["image_bytes"] == (folder / IMAGE).stat().st_size < row["image_room_bytes"]
    assert row["files"]["config.json"]["bytes"] == (folder / "config.json").stat().st_size
    assert row["heap_required_bytes"] < row["heap_bytes"]
    for words_shown in ("whole image", f"{row['image_bytes']:,}", "room for it", "heap required", "rp2350 (armv7emsp)"):
        assert words_shown in done.stdout


def test_of_all_boards_those_that_can_are_built_and_the_others_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = 'NAME = "slow"\nCHIP = "RP2040"\nCLOCK_HZ = 24000000\n'
    firmware = small_firmware(tmp_path / "firmware", gridkeel__boards__tables__slow=slow)
    monkeypatch.setattr(stamp, "FIRMWARE", firmware)
    done = run_here("firmware", "build", "--board", "all", "--out", tmp_path / "out")
    assert done.returncode == 2 and "slow (rp2040) cannot carry fixed vehicle" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "two", "virtual"]
    assert done.stdout.splitlines()[-1] == f"{tmp_path / 'out'}: 3 images"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--board", "nonesuch"), 2, "unknown board 'nonesuch': virtual"),
        ((), 2, "give either --board NAME or --board-file FILE"),
        (("--board", "virtual", "--board-file", "x.py"), 2, "give either --board NAME or --board-file FILE"),
        (("--board-file", "nowhere.py"), 3, "cannot read nowhere.py"),
        (("--board", "virtual", "--config", "nowhere.json"), 3, "cannot read nowhere.json"),
        (("--board", "virtual", "--beside", "nowhere.py"), 3, "cannot read nowhere.py"),
    ],
)
def test_the_command_says_what_is_missing(words: tuple[str, ...], code: int, said: str, tmp_path: Path) -> None:
    done = run_here("firmware", "build", *words, "--out", tmp_path)
    assert done.returncode == code and said in done.stderr, done


def test_what_an_earlier_build_left_is_replaced(tmp_path: Path) -> None:
    firmware = small_firmware(tmp_path / "firmware")
    one = boards.board_named(firmware, "one")
    assert (write(build(one, {"evse": 1}, firmware=firmware), tmp_path) / "config.json").exists()
    folder = write(build(one, firmware=firmware), tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == sorted(["boot.py", "main.py", IMAGE, MANIFEST, SBOM])


def test_boards_are_listed_with_what_they_carry() -> None:
    done = run_here("firmware", "boards")
    assert done.returncode == 0 and "virtual" in done.stdout and "ISO 15118" in done.stdout
    rows = json.loads(run_here("firmware", "boards", "--json", "-").stdout)
    assert [row["board"] for row in rows] == list(boards.boards(FIRMWARE))
    for row in rows:
        assert {*row["carries"], *row["refused"]} == {"fixed vehicle", "IEC 61851", "ISO 15118"}
