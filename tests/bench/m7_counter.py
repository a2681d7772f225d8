"""Executed instructions on QEMU's MPS2: a counted run executes one in a virtual ns, and a timer ticks every 40 ns."""

import machine

# CMSDK APB timer 0, which MicroPython leaves alone. Its addresses are no small integers: made once, so that reading
# the timer allocates nothing; nor does its value.
_CTRL = 0x40000000
_VALUE = 0x40000004
_RELOAD = 0x40000008
_FULL = 0x3FFFFFFF
_NS_A_TICK = 40

machine.mem32[_RELOAD] = _FULL
machine.mem32[_VALUE] = _FULL
machine.mem32[_CTRL] = 1


def now():
    """Return the timer's value; it counts down, 42 s to a round."""
    return machine.mem32[_VALUE]


def _since(begun):
    return ((begun - machine.mem32[_VALUE]) & _FULL) * _NS_A_TICK


def _own():
    begun = now()
    return _since(begun)


_OWN = min(_own(), _own(), _own())


def since(begun):
    """Return the instructions executed since `begun`, to 40."""
    return max(_since(begun) - _OWN, 0)
