"""The profiles a controller can be tested to."""

from __future__ import annotations

from hil.typetest.profile import Profile
from hil.typetest.requirements import custom, dynamic, en50549, fast_reserve, fcr, ieee1547
from host_tools.errors import ToolError

FIXED = {one.name: one for source in (ieee1547, en50549, fcr, dynamic, fast_reserve) for one in source.every()}
NAMES = ("custom", *FIXED)


def profile(name: str, changes: dict[str, int] | None = None) -> Profile:
    """Return a profile by name; `changes` are parameters of a custom one.  Errors: ToolError naming what there is."""
    if name == "custom":
        return custom.profile(changes or {})
    if name not in FIXED:
        raise ToolError(f"no profile {name!r}: one of {', '.join(NAMES)}")
    return FIXED[name]
