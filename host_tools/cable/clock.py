"""The clock of a chip, set while it is provisioned; the firmware takes its time from the host link at each start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from host_tools.cable.staging import Calls
from host_tools.errors import ToolError

SET = "set; the link sets the firmware's time at each start"
NONE = "it has no clock; the link sets the firmware's time at each start"
_LATE = timedelta(seconds=5)  # of what it shows behind what it was told


def set_clock(calls: Calls, now: datetime | None = None) -> str:
    """Set a board's clock to UTC and return what became of it.  Errors: ToolError where it shows something else."""
    now = now or datetime.now(UTC)
    told = (now.year, now.month, now.day, now.isoweekday(), now.hour, now.minute, now.second)
    shows = calls.call("set_clock", *told)["shows"]
    if shows is None:
        return NONE
    try:
        year, month, day, hour, minute, second = shows
        late = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - now.replace(microsecond=0)
    except (TypeError, ValueError):
        late = timedelta.max
    if not timedelta() <= late <= _LATE:
        raise ToolError(f"the chip's clock shows {shows}, and was set to {now:%Y-%m-%d %H:%M:%S} UTC")
    return SET
