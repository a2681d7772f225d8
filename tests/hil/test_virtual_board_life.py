"""Power cycles of the virtual board: crash loops, watchdog, the end with or without notice, and what persists."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from virtual_board_helpers import HANG_S, Terminal, alive, make_firmware, mpremote, wait_until

from hil.virtual_board import VirtualBoard
from hil.virtual_board.restarts import FREE_CRASHES, LONGEST_DELAY_S, RestartPolicy
from host_tools.errors import MissingError, ToolError
from host_tools.micropython.interpreter import ENVIRONMENT, find_interpreter

pytestmark = pytest.mark.timeout(120)


def first_that_gets_in(port: str, *arguments: str) -> str:
    """Run mpremote until it gets through to a board that keeps resetting under it; a few tries, each of them short."""
    for _ in range(8):
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
            return mpremote(port, *arguments, timeout_s=6.0)
    raise AssertionError("no client got into the crash loop")


def test_a_crash_loop_is_slowed_and_reported(tmp_path):
    firmware = make_firmware(tmp_path / "firmware", main_py="import machine\nmachine.reset()\n")
    with VirtualBoard(firmware=firmware) as board, Terminal(board.console) as human:
        human.expect(rb"virtual board: \d+ crashes in a row, each within a second, next start in 0.25 s")
        human.expect(rb"next start in 0.5 s.*next start in 1")
        assert board.status.boots > FREE_CRASHES
        # A client that connects gets in all the same, if not always at the first try, and may repair the board.
        assert first_that_gets_in(board.console, "eval", "1 + 1").strip() == "2"
        mpremote(board.console, "resume", "exec", "import os; os.rename('main.py', 'bad.py')", "reset")
        boots = board.status.boots
        assert mpremote(board.console, "resume", "eval", "2 + 2").strip() == "4"
        assert board.status.crashes_in_a_row == 0
        assert board.status.boots <= boots + 1


def test_the_pause_between_restarts_grows_to_its_limit():
    policy = RestartPolicy()
    pauses = [policy.after(0.05, asked=False) for _ in range(12)]
    assert pauses[:FREE_CRASHES] == [0.0] * FREE_CRASHES
    assert pauses[FREE_CRASHES:] == sorted(pauses[FREE_CRASHES:])
    assert pauses[-1] == LONGEST_DELAY_S
    assert policy.after(0.05, asked=True) == 0.0
    assert policy.after(0.05, asked=False) == 0.0
    assert policy.restarts == 14


def test_an_exception_in_main_leaves_the_repl(tmp_path):
    firmware = make_firmware(tmp_path / "firmware", main_py="raise ValueError('of the test')\n")
    with VirtualBoard(firmware=firmware) as board, Terminal(board.console) as human:
        human.expect(rb'File "main.py", line 1.*ValueError: of the test\s.*>>> ')
        assert board.restarts == 0


def test_leaving_main_by_system_exit_is_a_soft_reset(tmp_path):
    program = "import os\nif 'once' not in os.listdir():\n    open('once', 'w').close()\n    raise SystemExit\n"
    with VirtualBoard(firmware=make_firmware(tmp_path / "firmware", main_py=program)) as board:
        with Terminal(board.console) as human:
            human.expect(rb"soft reboot.*>>> ")
        program = "import machine; print(machine.reset_cause() == machine.SOFT_RESET)"
        assert mpremote(board.console, "resume", "exec", program).strip() == "True"


def test_a_segmentation_fault_is_a_reset(tmp_path):
    with VirtualBoard(firmware=make_firmware(tmp_path / "firmware")) as board, Terminal(board.console) as human:
        human.type(b"\x03\rimport os; os.system('kill -11 $PPID')\r")
        human.expect(rb"virtual board: interpreter ended with -11.*main ran")


def test_an_interpreter_that_locks_up_is_reset_and_reported(tmp_path):
    with VirtualBoard(firmware=make_firmware(tmp_path / "firmware")) as board, Terminal(board.console) as human:
        human.type(b"\x03\rimport micropython, time\rmicropython.kbd_intr(-1); print('d' + 'eaf'); time.sleep(60)\r")
        human.expect(rb"deaf")
        human.type(b"\r\x03")
        human.expect(rb"virtual board: interpreter locked up.*KeyboardInterrupt.*>>> ")


WATCHDOG_MAIN = """\
import machine, time

print("cause", machine.reset_cause())
dog = machine.WDT(timeout=2000)
for _ in range(25):
    time.sleep_ms(100)
    dog.feed()
print("well fed")
while True:
    time.sleep_ms(100)
"""


def test_a_watchdog_that_is_not_fed_resets_and_one_that_is_does_not(tmp_path):
    firmware = make_firmware(tmp_path / "firmware", main_py=WATCHDOG_MAIN)
    with VirtualBoard(firmware=firmware) as board, Terminal(board.console) as human:
        human.expect(rb"cause 1.*well fed.*watchdog reset.*cause 3")
        assert board.status.watchdog_resets >= 1
        # Interrupted, it stops: somebody is at work on the board.
        human.expect(rb"well fed")
        human.type(b"\x03")
        human.expect(rb">>> ")
        pid = board.pid
        time.sleep(2.5)
        assert board.pid == pid


PINS_MAIN = """\
import os, time

pins = open(os.getenv("GRIDKEEL_PINS"), "wb")
pins.write(b"E")
for _ in range(8):
    pins.write(b"w")
    time.sleep_ms(100)
print("fed")
time.sleep(60)
"""


def test_pins_carry_the_contactor_and_the_watchdog(tmp_path):
    firmware = make_firmware(tmp_path / "firmware", main_py=PINS_MAIN)
    with VirtualBoard(firmware=firmware, parameters={"watchdog_ms": 400}) as board, Terminal(board.console) as human:
        wait_until(lambda: board.energised, "the contactor's pin")
        human.expect(rb"fed.*watchdog reset")
        (board.flash / "main.py").unlink()
        board.reset()
        wait_until(lambda: not board.energised, "the pin's fall in reset")


def test_the_ports_carry_bytes_both_ways_and_over_a_reset(tmp_path):
    program = """\
        import os, select
        port = open(os.getenv("GRIDKEEL_%s"), "r+b")
        data = bytearray(64)
        poll = select.poll()
        poll.register(port, select.POLLIN)
        while True:
            poll.poll()
            n = port.readinto(data)
            port.write(bytes(data[:n]).upper())
        """
    for name, attribute in (("RS485", "rs485"), ("HOST", "host")):
        main = textwrap.dedent(program) % name
        board = VirtualBoard(firmware=make_firmware(tmp_path / name, main_py=main))
        with board, Terminal(getattr(board, attribute)) as line:
            line.type(b"abc\x03\x04\n")
            line.expect(rb"ABC\x03\x04\n")
            board.reset()
            wait_until(lambda board=board: board.status.boots == 2, "the boot after the reset")
            line.type(b"again\r")
            line.expect(rb"AGAIN\r")


def test_flash_persists_and_keeps_what_the_board_stored(tmp_path):
    firmware = make_firmware(tmp_path / "firmware")
    flash = tmp_path / "flash"
    with VirtualBoard(flash, {"baseline_w": 1234}, firmware=firmware, device_id="keeper") as board:
        mpremote(board.console, "resume", "exec", "open('journal', 'w').write('kept')")
    make_firmware(tmp_path / "firmware", boot_py="print('newer boot')\n")
    with VirtualBoard(flash, firmware=firmware) as board:
        assert board.device_id == "keeper"
        assert mpremote(board.console, "resume", "exec", "print(open('journal').read())").strip() == "kept"
        assert '"baseline_w": 1234' in mpremote(board.console, "resume", "fs", "cat", ":config.json")
        assert "newer boot" not in (flash / "boot.py").read_text()
    with VirtualBoard(flash, firmware=firmware, reflash=True):
        assert "newer boot" in (flash / "boot.py").read_text()
        assert (flash / "journal").read_text() == "kept"


def test_the_end_leaves_no_process_and_no_flash(tmp_path):
    with VirtualBoard(firmware=make_firmware(tmp_path / "firmware")) as board:
        pid, flash, descriptors = board.pid, board.flash, len(os.listdir("/proc/self/fd"))
        assert alive(pid)
    assert not alive(pid)
    assert not flash.exists()
    with VirtualBoard(firmware=tmp_path / "firmware"):
        assert len(os.listdir("/proc/self/fd")) == descriptors
    board.stop()  # once more changes nothing


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_interpreter_ends_with_its_killed_wrapper(tmp_path, number):
    program = textwrap.dedent(
        f"""\
        import time
        from pathlib import Path
        from hil.virtual_board import VirtualBoard
        with VirtualBoard(Path({str(tmp_path / "flash")!r}), firmware=Path({str(tmp_path / "firmware")!r})) as board:
            print(board.pid, flush=True)
            time.sleep({HANG_S})
        """
    )
    make_firmware(tmp_path / "firmware", main_py="while True: pass\n")
    wrapper = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pid = int(wrapper.stdout.readline())
    assert alive(pid)
    wrapper.send_signal(number)
    wrapper.wait(HANG_S)
    wrapper.stdout.close()
    wait_until(lambda: not alive(pid), "the interpreter's end after its wrapper's")


def test_a_missing_or_unsuited_interpreter_is_reported(tmp_path, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "absent"))
    with pytest.raises(MissingError, match=ENVIRONMENT):
        find_interpreter()
    monkeypatch.setenv(ENVIRONMENT, "/bin/true")
    with pytest.raises(ToolError, match="does not start with /usr/bin/true|does not start with /bin/true"):
        VirtualBoard(firmware=make_firmware(tmp_path / "firmware")).start()
