"""Start-up of the virtual board, in MicroPython and in front of boot.py: what a board's C code does before Python.

Arguments: control pipe's descriptor, flash directory, reset cause, device id, "friendly" or "raw".
A soft reset from the raw REPL runs boot.py and leaves main.py alone, as on a board.
"""


def _prepare():
    """Make the process look like a board; return the control pipe and whether main.py is to run."""
    import sys

    import confined_fs
    import machine_shim

    control_fd, flash, cause, device_id, mode = sys.argv[1:]
    control = open(int(control_fd), "wb", 0)  # noqa: SIM115 - kept as long as the board
    sys.modules["machine"] = machine_shim.make(control, int(cause), device_id.encode())
    confined_fs.mount_as_root(flash, control)
    for name in ("confined_fs", "machine_shim"):
        del sys.modules[name]
    rom = ["/rom"] if sys.path[0] == "/rom" else []  # mounted by rom_start.py
    sys.path[:] = rom + ["", ".frozen", "/lib"]
    sys.argv[:] = [""]
    return control, mode == "friendly"


def _run(path, control, marker=b""):
    """Run a file of the flash in the REPL's own namespace; return whether nobody stopped it.

    marker: written once a Ctrl-C can be caught; held input arrives right behind it.
    """
    import os
    import sys
    import time

    try:
        os.stat(path)
        there = True
    except OSError:
        there = False
    try:
        if marker:
            control.write(marker)
        if there:
            execfile(path, globals())  # noqa: F821
    except SystemExit:
        control.write(b"soft_reset\n")
        while True:
            time.sleep_ms(1000)
    except (Exception, KeyboardInterrupt) as error:
        sys.print_exception(error)
        return not isinstance(error, KeyboardInterrupt)
    return True


_control, _runs_main = _prepare()
# Input held during a reset arrives here first: who typed Ctrl-C then wants the REPL, not main.py.
if _run("boot.py", _control, b"boot\n") and _runs_main:
    _run("main.py", _control)
del _prepare, _run, _runs_main, _control
