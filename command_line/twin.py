"""`gridkeel twin`: the cloud twin of a fleet, an MQTT peer of the uplinks."""

from __future__ import annotations

from command_line.command import Command, group
from command_line.twin_agc import agc
from command_line.twin_fit import fit
from command_line.twin_look import export, show, status
from command_line.twin_plan import plan
from command_line.twin_run import replay, run

app = group(
    help="Estimate every battery of a fleet, plan, and send commands back: the cloud twin.", no_args_is_help=True
)
for _name, _function in (
    ("run", run),
    ("replay", replay),
    ("plan", plan),
    ("agc", agc),
    ("fit", fit),
    ("show", show),
    ("status", status),
    ("export", export),
):
    app.command(name=_name, cls=Command)(_function)
