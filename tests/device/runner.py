"""Runs device test files inside MicroPython: `main("test_ticks")` calls every test_* function of the file."""

import gc
import sys


def main(name, chosen=None):
    """Import a test module and run its tests, all or the chosen; the last line is `name: N passed, N failed`."""
    if sys.implementation._build == "wasi":
        # This build's collector does not see what lives in wasm locals alone, and frees it: it must not run at all.
        gc.disable()
    elif hasattr(gc, "threshold"):
        gc.threshold(16384)  # as main.py does it: what compiling leaves behind is collected before it scatters modules
    try:
        module = __import__(name)
    except Exception as error:
        sys.print_exception(error)
        print("%s: 0 passed, 1 failed" % name)
        return
    passed = failed = 0
    for test in sorted(dir(module)):
        if not test.startswith("test_") or chosen and test not in chosen:
            continue
        try:
            getattr(module, test)()
            passed += 1
        except Exception as error:
            failed += 1
            print("FAIL", name, test)
            sys.print_exception(error)
    print("%s: %d passed, %d failed" % (name, passed, failed))
