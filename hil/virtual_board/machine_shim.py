"""`machine` as a board has it where the unix port lacks it: reset, reset cause, unique id, watchdog.

What these need from outside the processor (the reset line, the watchdog's own timer) is the virtual board's hardware;
they reach it through the control pipe, one word a line.
"""

import time

import machine

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
SOFT_RESET = 5


class Machine:
    """Stands in sys.modules in the place of the port's own `machine`, whose names it keeps."""


class _Watchdog:
    control = None

    def __init__(self, id=0, timeout=5000):
        if timeout < 1:
            raise ValueError("WDT timeout too short")
        self._write = self.control.write
        self._write(b"wdt %d\n" % timeout)

    def feed(self):
        self._write(b"feed\n")


def make(control, cause, unique_id):
    """Return the module; control: the open control pipe."""
    module = Machine()
    for name in dir(machine):
        if not name.startswith("__"):
            setattr(module, name, getattr(machine, name))

    def reset():
        control.write(b"reset\n")
        while True:
            time.sleep_ms(1000)

    class WDT(_Watchdog):
        pass

    WDT.control = control
    module.WDT = WDT
    module.reset = reset
    module.reset_cause = lambda: cause
    module.unique_id = lambda: unique_id
    for name in ("PWRON_RESET", "HARD_RESET", "WDT_RESET", "SOFT_RESET"):
        setattr(module, name, globals()[name])
    return module
