"""The virtual board's console under mpremote and under a human: a board's serial port in every way."""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
import sys
import time

import pytest
from virtual_board_helpers import HANG_S, Terminal, make_firmware, mpremote, wait_until

from hil.virtual_board import VirtualBoard

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    with VirtualBoard(firmware=make_firmware(tmp_path_factory.mktemp("firmware")), device_id="bench-7") as board:
        yield board


def test_exec_and_eval_reach_the_running_board(board):
    assert mpremote(board.console, "resume", "eval", "6 * 7").strip() == "42"
    assert mpremote(board.console, "resume", "exec", "print('hello')").strip() == "hello"


def test_an_exception_comes_back_as_mpremotes_failure(board):
    command = [sys.executable, "-m", "mpremote", "connect", board.console, "resume", "exec", "1/0"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout + done.stderr


def test_resume_keeps_state_and_soft_reset_drops_it(board):
    mpremote(board.console, "resume", "exec", "kept = 11")
    assert mpremote(board.console, "resume", "eval", "kept").strip() == "11"
    restarts = board.restarts
    mpremote(board.console, "soft-reset")
    assert mpremote(board.console, "resume", "eval", "'kept' in globals()").strip() == "False"
    assert board.restarts == restarts + 1


def test_soft_reset_into_the_raw_repl_runs_boot_but_not_main(board):
    mpremote(board.console, "soft-reset")
    output = mpremote(board.console, "resume", "exec", "print('asyncio' in __import__('sys').modules)")
    assert output.strip() == "False"  # main.py imports it
    assert "boot ran" not in output


def test_hard_reset_runs_main_again(board):
    boots = board.status.boots
    mpremote(board.console, "resume", "reset")
    wait_until(lambda: board.status.boots == boots + 1, "the board's next boot")
    program = "import machine, sys; print(machine.reset_cause() == machine.HARD_RESET, 'asyncio' in sys.modules)"
    assert mpremote(board.console, "resume", "exec", program).strip() == "True True"


def test_the_reset_cause_and_the_identity_are_reported(board):
    program = "import machine; print(machine.unique_id(), machine.reset_cause() == machine.SOFT_RESET)"
    assert mpremote(board.console, "exec", program).strip() == "b'bench-7' True"


def test_the_heap_has_a_board_s_size(board):
    free, used = map(int, mpremote(board.console, "exec", "import gc; print(gc.mem_free(), gc.mem_alloc())").split())
    assert 390_000 < free + used < 410_000


def test_a_copied_file_arrives_whole(board, tmp_path):
    content = random.Random(5).randbytes(20_480)
    (tmp_path / "blob").write_bytes(content)
    mpremote(board.console, "resume", "fs", "cp", str(tmp_path / "blob"), ":blob")
    assert hashlib.sha256(content).hexdigest() in mpremote(board.console, "resume", "fs", "sha256sum", ":blob")
    mpremote(board.console, "resume", "fs", "cp", ":blob", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == content
    assert re.search(r"20480 blob", mpremote(board.console, "resume", "fs", "ls"))
    assert (board.flash / "blob").read_bytes() == content


def test_mpremote_run_and_mount_work(board, tmp_path):
    (tmp_path / "program.py").write_text("x = 0\n" * 7000 + "print('ran', x)\n")
    assert mpremote(board.console, "run", str(tmp_path / "program.py")).strip() == "ran 0"
    (tmp_path / "from_host.py").write_text("VALUE = 'mounted'\n")
    output = mpremote(board.console, "mount", str(tmp_path), "exec", "import from_host; print(from_host.VALUE)")
    assert output.splitlines()[-1] == "mounted"


def test_thirty_connections_in_a_row_are_served(board):
    mpremote(board.console, "reset")
    for i in range(30):
        assert mpremote(board.console, "resume", "eval", f"{i} + 1").strip() == str(i + 1)


def test_no_path_leads_out_of_the_flash(board):
    program = "import os; print(sorted(os.listdir('/..')) == sorted(os.listdir('/')), 'main.py' in os.listdir('../..'))"
    assert mpremote(board.console, "resume", "exec", program).strip() == "True True"
    probe = "\ntry:\n open('/../../../../etc/passwd')\nexcept OSError as e:\n print(e.errno)"
    assert mpremote(board.console, "resume", "exec", probe).strip() == "2"


def test_the_file_system_renames_and_removes(board):
    program = """
import os
os.mkdir('d')
open('d/a', 'w').write('text')
os.chdir('d')
os.rename('a', '../b')
os.chdir('/')
os.rmdir('d')
print(open('b').read(), os.stat('b')[6], 'd' in os.listdir())
os.remove('b')
"""
    assert mpremote(board.console, "resume", "exec", program).strip() == "text 4 False"


def test_ctrl_c_at_every_moment_of_a_start_ends_at_the_prompt(board):
    with Terminal(board.console) as human:
        for step in range(40):
            human.type(b"\x03\x02\r\x04")
            human.expect(rb"soft reboot")
            time.sleep(step / 1000)
            human.type(b"\x03\rprint('step', %d)\r" % step)
            human.expect(rb"step %d\s" % step)
        human.expect(rb">>> ")


def test_ctrl_c_reaches_what_came_by_raw_paste(board):
    with Terminal(board.console) as human:
        human.type(b"\x03\x01")
        human.expect(rb"raw REPL; CTRL-B to exit\r\n>")
        human.type(b"\x05A\x01")
        human.expect(rb"R\x01\x80\x00\x01")
        human.type(b"print('running')\nwhile True: pass\x04")
        human.expect(rb"running")
        human.type(b"\x03")
        human.expect(rb"KeyboardInterrupt.*\x04>")
        human.type(b"\x02")
        human.expect(rb">>> ")


def test_ctrl_c_stops_main_and_ctrl_d_runs_it_again(board):
    with Terminal(board.console) as human:
        board.reset()
        human.expect(rb"main ran")
        for _round in range(3):
            human.type(b"\x03")
            human.expect(rb"KeyboardInterrupt.*>>> ")
            human.type(b"\x04")
            human.expect(rb"MPY: soft reboot\r\n.*boot ran.*main ran")


def test_what_is_typed_ahead_is_not_lost(board):
    with Terminal(board.console) as human:
        human.type(b"\x03\x03\r\n")
        human.type(b"a = 20\rb = 22\rprint('sum', a + b)\r")
        human.expect(rb"sum 42")
        human.type(b"\x03\x04\x03print('after', 'reset')\r")
        human.expect(rb"soft reboot.*KeyboardInterrupt.*after reset")


def test_ctrl_c_passes_input_that_the_program_does_not_read(board):
    with Terminal(board.console) as human:
        human.type(b"\x03\x02\rprint('at', 'rest')\r")
        human.expect(rb"at rest\s+>>> ")
        human.type(b"while True: pass\r\r\r")
        overruns = board.status.input_overruns
        human.type(b"x" * 20_000 + b"\x03")
        human.expect(rb"KeyboardInterrupt")
        assert board.status.input_overruns > overruns


def test_an_unread_console_does_not_stop_the_board(board):
    mpremote(board.console, "resume", "exec", "print('y' * 150000, end='')\nopen('done', 'w').close()", "eval", "1")
    (board.flash / "done").unlink()
    with Terminal(board.console) as human:
        human.type(b"\x03\r\rprint('z' * 150000); open('done', 'w').close()\r")
        wait_until((board.flash / "done").exists, "the end of a program whose output nobody reads")
        assert board.status.output_dropped > 0
    assert mpremote(board.console, "resume", "eval", "5").strip() == "5"
