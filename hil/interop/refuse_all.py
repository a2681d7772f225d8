"""Tries every refusal of the table, and after each whether the next car can charge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from hil.interop.rawcar import ClosedError
from hil.interop.refusals import TLS_REQUIRED, Refusal
from hil.interop.stage import PLUG_S, RECORD_S, Stage, ground
from host_tools.errors import ToolError

Say = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """What one refusal showed.  entry: its line of the log; contactor: "open"; next_car: "charged", or what else."""

    name: str
    wanted: str
    code: str
    entry: str
    contactor: str
    next_car: str

    @property
    def ok(self) -> bool:
        """Whether everything was as it should be."""
        return self.code == self.wanted and bool(self.entry) and self.contactor == "open" and self.next_car == "charged"


def refuse_all(table: Iterable[Refusal], say: Say) -> list[Row]:
    """Try them all, a controller for each set of parameters.  Errors: MissingError without root or iproute2."""
    rows = []
    ordered = sorted(table, key=_setting)
    with ground() as stage_with:
        for (changes, told_time), group in groupby(ordered, key=_setting):
            with stage_with(changes=dict(changes), told_time=told_time) as stage:
                for refusal in group:
                    say(refusal.name)
                    rows.append(_try(stage, refusal))
    return rows


def _setting(refusal: Refusal) -> tuple[tuple[tuple[str, int], ...], bool]:
    return refusal.changes, refusal.told_time


def _try(stage: Stage, refusal: Refusal) -> Row:
    mark = stage.plug()
    try:
        code = refusal.act(stage)
    except (ClosedError, OSError) as error:
        code = f"{type(error).__name__}"
    entry = _entry(stage, mark, refusal)
    gone = stage.unplug()
    contactor = "open" if gone["contactor"] == "open" and not stage.charger.board.energised else "closed"
    stage.charger.check()
    return Row(refusal.name, refusal.code, code, entry, contactor, _next_car(stage, refusal))


def _entry(stage: Stage, mark: int, refusal: Refusal) -> str:
    def tells(record: dict[str, Any]) -> bool:
        return record["kind"] == refusal.kind and refusal.word in (record["subject"], record["detail"])

    try:
        entry = stage.charger.desk.wait_for("v2g", mark, RECORD_S, tells)
    except ToolError:
        return ""
    return " ".join(entry[key] for key in ("kind", "subject", "detail") if entry[key] != "other")


def _next_car(stage: Stage, refusal: Refusal) -> str:
    secured = dict(refusal.changes).get("v2g_tls") == TLS_REQUIRED
    mark = stage.plug()
    try:
        with stage.link.car(secured) as car:
            stage.charger.do("communicate")
            codes = car.charge()
        stage.charger.desk.wait_for("handshake", mark, PLUG_S)
    except (ClosedError, OSError, ToolError) as error:
        return f"{type(error).__name__} {error}"
    finally:
        stage.unplug()
    return "charged" if all(code.startswith("OK") for code in codes) else " ".join(codes)
