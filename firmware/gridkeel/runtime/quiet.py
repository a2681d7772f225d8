"""Whether no power flows: when flash may be erased, and another image started."""

from gridkeel import TYPE_CHECKING, limits

if TYPE_CHECKING:
    from gridkeel.controller import Controller

_QUIET_W = 100  # an inverter at zero measures no more


def is_quiet(controller: "Controller") -> bool:
    """Return whether no power flows, and none is permitted."""
    power_w = controller.power_w
    return controller.envelope.permitted_w == 0 and (power_w == limits.UNKNOWN or -_QUIET_W < power_w < _QUIET_W)
