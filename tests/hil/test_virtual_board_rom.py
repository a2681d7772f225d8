"""The execute-in-place flash: where the code comes from, that it leaves the heap free, that nothing can write to it."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from virtual_board_helpers import make_firmware, mpremote

from hil.bench.play import delivery, play
from hil.rigs import rig
from hil.scenarios import scenario
from hil.virtual_board import VirtualBoard
from hil.virtual_board.flash import FIRMWARE
from host_tools.errors import MissingError, ToolError
from host_tools.image.package import HOST_ONLY
from host_tools.image.rom import rom_image
from host_tools.micropython.interpreter import argv

LOAD = """\
import gc
gc.threshold(16384)
import gridkeel.controller, gridkeel.inverter.sunspec.device
gc.collect()
print(gridkeel.controller.__file__, gc.mem_alloc())
"""

SESSION = """\
import gc, micropython
gc.threshold(%d)
import gridkeel.boards.realtime, gridkeel.boards.connector_pipe, gridkeel.boards.pki
import gridkeel.boards.tls_connection, gridkeel.boards.vehicle_network
import gridkeel.evse.charger, gridkeel.evse.connector, gridkeel.link.backend
import gridkeel.inverter.sunspec.device, gridkeel.runtime.app, gridkeel.runtime.vehicle
"""
UPDATE = """\
import gridkeel.boards.area, gridkeel.runtime.storage, gridkeel.runtime.recorder, gridkeel.link.kept
import gridkeel.runtime.updates, gridkeel.runtime.downloads, gridkeel.link.download
import gridkeel.update.install, gridkeel.update.manifest, gridkeel.update.keys, gridkeel.update.delta
import gridkeel.update.patch, gridkeel.update.slots, gridkeel.update.trial
"""
TAKEN = """\
gc.collect()
print(gc.mem_alloc())
micropython.qstr_info()
"""
MOMENTS = 4096, 12288, 16384  # of collections: what one takes for a pointer and is none, up to 2 kB, differs with them
SESSION_KB = 235  # of modules alone; a session with its buffers adds some 115
SESSION_NAMES = 2150
UPDATE_KB = 266
UPDATE_NAMES = 2350  # the table holds 2,540, the next one takes 28 kB; a session adds some fifty


PLUG_AND_CHARGE = """\
import sys
sys.path.append(%r)
from contracts import ContractEvcc, Operator, evse_for
operator = Operator(sub_cas=2)
key, chain = operator.contract()
ev = ContractEvcc(evse_for(operator), key, chain)
known = set(sys.modules)
ev.to_charging()
ev.charge(2)
ev.stop()
print(sorted(set(sys.modules) - known))
"""
LONG_CHAIN = """\
import gc, sys
sys.path.append(%r)
from contracts import ContractEvcc, Operator, evse_for
operator = Operator(sub_cas=2, sub_bytes=%d)
key, chain = operator.contract()
ev = ContractEvcc(evse_for(operator), key, chain)
ev.to_selected()
work, most = ev.evse.secc.work, 0
def measured(now_ms):
    global most
    more = work(now_ms)
    gc.collect()
    most = max(most, gc.mem_alloc())
    return more
ev.evse.secc.work = measured
ev.challenge = ev.ask("PaymentDetailsReq", ev.details())["GenChallenge"]
ev.ask_signed("AuthorizationReq", {"Id": "id1", "GenChallenge": ev.challenge})
print(most)
"""
FOREIGN = """\
import micropython
from gridkeel.crypto import profiles
from gridkeel.v2g import exi, grammars
out = bytearray(1024)
body = {"Id": "", "GenChallenge": bytes(16)}
micropython.qstr_info()
for first in range(0x3000, 0x3400, 16):
    letters = [bytes((0xE0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63)) for code in range(first, first + 16)]
    body["Id"] = str(b"".join(letters), "utf-8")
    end = exi.encode_fragment(grammars.iso2(), "AuthorizationReq", body, out, 0)
    profiles.emaid(body["Id"][:14])
    assert exi.decode_fragment(grammars.iso2(), out, 0, end)[1] == body
micropython.qstr_info()
"""


FAMILY = """\
import gc, sys
gc.threshold(16384)
from gridkeel.controller import Controller
from gridkeel.params import Parameters
gc.collect()
before = gc.mem_alloc()
controller = Controller(Parameters({"inverter_family": %d}))
gc.collect()
print([name[18:] for name in sorted(sys.modules) if name.startswith(("gridkeel.inverter.s", "gridkeel.inverter.reg"))])
print(gc.mem_alloc() - before)
"""


def run(script: Path, text: str, rom: Path | None) -> subprocess.CompletedProcess[str]:
    script.write_text(text)
    return subprocess.run(argv(script, rom=rom), cwd=script.parent, capture_output=True, text=True, timeout=60)


@pytest.fixture
def flash(tmp_path):
    """A folder with a small package of its own."""
    return make_firmware(tmp_path / "flash")


def test_the_real_firmware_runs_from_rom_and_leaves_its_room_in_the_heap(tmp_path):
    shutil.copytree(FIRMWARE / "gridkeel", tmp_path / "gridkeel")
    taken = {}
    for kind, rom, where in (
        ("source", None, "/gridkeel/controller.py"),
        ("rom", rom_image(tmp_path, tmp_path), "/rom/"),
    ):
        done = run(tmp_path / "load.py", LOAD, rom)
        path, taken[kind] = done.stdout.split()
        assert where in path
    assert int(taken["rom"]) < 0.75 * int(taken["source"])


@pytest.mark.parametrize(
    ("imports", "kb", "names"),
    [(SESSION, SESSION_KB, SESSION_NAMES), (SESSION + UPDATE, UPDATE_KB, UPDATE_NAMES)],
    ids=["session", "session-and-update"],
)
def test_all_that_serves_a_vehicle_leaves_heap_and_names_for_its_session(tmp_path, imports, kb, names):
    taken, named = [], []
    for moment in MOMENTS:
        heap, table = run(tmp_path / "load.py", imports % moment + TAKEN, rom_image(FIRMWARE)).stdout.splitlines()
        taken.append(int(heap))
        named.append(int(re.search(r"n_qstr=(\d+)", table)[1]))
    print(taken, named)
    assert min(taken) < kb * 1024
    assert max(named) < names


def test_what_a_host_alone_imports_is_not_in_the_image(tmp_path):
    for name in HOST_ONLY:
        module = "gridkeel." + name.removesuffix(".py").replace("/", ".")
        done = run(tmp_path / "ask.py", f"import gridkeel\nimport {module}\n", rom_image(FIRMWARE))
        assert f"ImportError: no module named '{module}'" in done.stdout + done.stderr


@pytest.mark.parametrize(("family", "absent"), [(0, ["sofar_hyd", "register_map"]), (1, ["sunspec"])])
def test_a_family_of_inverters_that_is_not_chosen_takes_no_heap(tmp_path, family, absent):
    done = run(tmp_path / "family.py", FAMILY % family, rom_image(FIRMWARE, keep_names=True))
    modules, taken = done.stdout.splitlines()
    print(modules, taken)
    assert not [name for name in absent if name in modules], done.stdout
    assert "device" in modules


def test_sub_cas_of_twice_the_standard_s_size_fit_the_heap(tmp_path):
    script, most = str(FIRMWARE.parent / "tests" / "device"), {}
    for size in (800, 1600):
        done = run(tmp_path / "long.py", LONG_CHAIN % (script, size), rom_image(FIRMWARE, keep_names=True))
        most[size] = int(done.stdout or done.stderr)
    print(most)
    # the EV's own copies (a chain, its message as bytes and frame) are in it too
    assert most[1600] - most[800] < 4 * 2 * 800


def test_nothing_is_imported_in_a_session(tmp_path):
    script = PLUG_AND_CHARGE % str(FIRMWARE.parent / "tests" / "device")
    done = run(tmp_path / "session.py", script, rom_image(FIRMWARE, keep_names=True))
    assert done.stdout == "[]\n"


def test_texts_of_a_vehicle_do_not_become_interned_names(tmp_path):
    done = run(tmp_path / "foreign.py", FOREIGN, rom_image(FIRMWARE))
    before, after = (int(re.search(r"n_qstr=(\d+)", line)[1]) for line in done.stdout.splitlines())
    assert after <= before + 20, "1,024 letters, and what the loop itself says"


def test_an_image_is_made_once_and_anew_when_a_file_changes(tmp_path, flash):
    first = rom_image(flash, tmp_path / "cache")
    assert rom_image(flash, tmp_path / "cache") == first
    (flash / "gridkeel" / "__init__.py").write_text("changed = 1\n")
    second = rom_image(flash, tmp_path / "cache")
    assert second != first
    assert sorted((tmp_path / "cache").iterdir()) == sorted([first, second]), "no temporary file stays"
    done = run(flash / "look.py", "import gridkeel\nprint(gridkeel.changed, gridkeel.__file__)\n", second)
    assert done.stdout == "1 /rom/gridkeel/__init__.mpy\n"


def test_images_made_at_the_same_time_are_whole(tmp_path, flash):
    (flash / "gridkeel" / "big.py").write_text("".join(f"A{n} = {n}\n" for n in range(2000)))
    images = []
    threads = [
        threading.Thread(target=lambda: images.append(rom_image(flash, tmp_path / "cache").read_bytes()))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(images) == 4
    assert len(set(images)) == 1


def test_a_store_into_the_rom_ends_the_process(flash, tmp_path):
    poke = """\
import os, uctypes
address, length = (int(word) for word in os.getenv("GRIDKEEL_ROM").split())
rom = uctypes.bytearray_at(address, length)
print(bytes(rom[:3]))
rom[0] = 0
print("written")
"""
    done = run(flash / "poke.py", poke, rom_image(flash, tmp_path / "cache"))
    assert done.stdout.startswith("b'\\xd2\\xcd1'")
    assert "written" not in done.stdout
    assert done.returncode != 0


def test_what_does_not_compile_is_named(flash, tmp_path):
    (flash / "gridkeel" / "bad.py").write_text("def broken(:\n")
    with pytest.raises(ToolError, match=r"bad\.py does not compile for the ROM: .*SyntaxError"):
        rom_image(flash, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_folder_without_the_package_and_a_cache_that_cannot_be_are_named(flash, tmp_path):
    with pytest.raises(ToolError, match="holds no package gridkeel"):
        rom_image(tmp_path / "cache", tmp_path / "cache")
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError, match="cannot keep the ROM image .*XDG_CACHE_HOME"):
        rom_image(flash, tmp_path / "file" / "cache")


def test_an_interpreter_that_is_a_program_cannot_hold_a_rom(flash, tmp_path):
    with pytest.raises(MissingError, match="cannot hold a ROM"):
        argv(flash / "main.py", interpreter=Path("/bin/sh"), rom=rom_image(flash, tmp_path / "cache"))


def test_the_packer_prints_nothing(flash, tmp_path):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        rom_image(flash, tmp_path / "cache")
    assert said.getvalue() == ""


def test_a_board_with_rom_keeps_its_own_files_on_the_flash_and_takes_the_package_from_rom(tmp_path):
    firmware = make_firmware(tmp_path / "firmware", main_py="import gridkeel\nprint('from', gridkeel.__file__)\n")
    with VirtualBoard(tmp_path / "flash", {"baseline_w": 1234}, firmware=firmware, rom=True) as board:
        look = "import sys, os, gridkeel; print(sys.path[0], gridkeel.__file__, 'config.json' in os.listdir())"
        assert mpremote(board.console, "exec", look).split() == ["/rom", "/rom/gridkeel/__init__.mpy", "True"]
        assert "1234" in mpremote(board.console, "resume", "fs", "cat", ":config.json")
        for _ in range(2):
            mpremote(board.console, "reset")
        assert mpremote(board.console, "exec", look).split()[0] == "/rom", "after a reset too"
        mpremote(board.console, "resume", "exec", "open('/kept', 'w').write('1')")
    assert (tmp_path / "flash" / "kept").read_text() == "1"


def test_a_step_is_answered_from_rom_as_from_source(tmp_path):
    (tmp_path / "rom.toml").write_text('kind = "lockstep"\nrom = true\n')
    records = []
    for name in ("lockstep", str(tmp_path / "rom.toml")):
        folder = tmp_path / str(len(records))
        folder.mkdir()
        with delivery(folder) as way:
            records.append(play(scenario.load("step"), rig.load(name), {}, way))
    source, rom = records
    assert rom.ok
    assert rom.commands == source.commands
