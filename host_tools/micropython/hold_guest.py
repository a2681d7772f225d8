"""Device-side script, before any other: feeds a watchdog that the firmware may have left running.

A started watchdog cannot be stopped, and resets a board whose program was interrupted. Where the port has no timer none
is started here.
"""

held = []


def _hold():
    import machine

    for number in (-1, 0):  # a software timer; an ESP32 numbers its own
        try:
            timer = machine.Timer(number)
            watchdog = machine.WDT(timeout=8000)
            timer.init(period=500, callback=lambda _timer, feed=watchdog.feed: feed())
            held.append(timer)
            return
        except (AttributeError, TypeError, ValueError, OSError):
            pass


_hold()
