"""Everything a charger must refuse, as one table; silence in every state is in silence.py."""

from __future__ import annotations

from hil.interop import refuse_contract, refuse_talk, refuse_tls
from hil.interop.refusal import Refusal
from host_tools.errors import ToolError

TABLE = refuse_tls.ROWS + refuse_talk.ROWS + refuse_contract.ROWS


def choose(names: list[str] | None) -> list[Refusal]:
    """Return the rows named, all for None.  Errors: ToolError naming an unknown one."""
    known = {refusal.name: refusal for refusal in TABLE}
    for name in names or []:
        if name not in known:
            raise ToolError(f"no refusal {name!r}; there are: {'; '.join(known)}")
    return [known[name] for name in names] if names else list(TABLE)
