"""`apply`: a batch of records folded into the rows of a shard.  Pure: no clock, no file, nothing changed in place.

A row depends on the records of its own controller alone, one after the other, never on how they were cut into batches
or on who else is in them: so a batch that is delivered again, or worked by another process, gives the same bytes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from twin.engine.measure import measure
from twin.engine.packs import chemistry_of, pack_of
from twin.engine.shard import DEVICES_MAX, OLDER, ROW, Shard
from twin.estimate.state import start, unmeasured
from twin.estimate.step import LONGEST_STEP_S, step
from twin.intake.fields import BATTERY, LEAVES
from twin.intake.parser import Batch, Seen

_BATTERY = LEAVES.index(BATTERY)
_STEPS_MAX = 24  # of one record, each LONGEST_STEP_S: after a day without a record nothing more is learned by waiting
_FEW = 16  # numpy may compute a single row in another way than a row of many; so there are always many
_STEP_SHARE = 0.05  # of a battery's energy an hour: a change of power that makes it worth looking closely
_BEGAN, _BUSY = np.uint8(1), np.uint8(2)
_LEARNED = ("capacity_scale", "capacity_sigma", "resistance_scale")  # of a battery that comes back under its own name


@dataclass
class Applied:
    """What a batch made of a shard: rows `at` become `rows`; `install` makes it so, once it is committed.

    began: controllers whose battery is another one, or was seen for the first time.  busy: those, and those whose power
    changed: where something happens.
    """

    names: list[str]
    at: np.ndarray
    rows: np.ndarray
    counts: Counter[str]
    began: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    seen: Seen = field(default_factory=dict)


def install(shard: Shard, applied: Applied, now_s: float) -> None:
    """Make what was applied the state of the shard."""
    shard.add(applied.names)
    shard.rows[applied.at] = applied.rows
    shard.heard_s[applied.at] = now_s


def apply(shard: Shard, batch: Batch, most: int = DEVICES_MAX) -> Applied:
    """Return what a batch makes of a shard, which stays as it is.  most: controllers that a shard may have."""
    counts = Counter(batch.counts)
    records, names, at = _places(shard, batch, most, counts)
    touched, place = np.unique(at, return_inverse=True)
    old = touched[touched < len(shard)]
    work = np.zeros(len(touched), ROW)
    work[: len(old)] = shard.rows[old]
    devices = [shard.names[i] if i < len(shard) else names[i - len(shard)] for i in touched.tolist()]
    happened = np.zeros(len(touched), "u1")
    for chosen in _rounds(place):
        _round(work, place[chosen], records[chosen], devices, shard, counts, happened)
    return Applied(names, touched, work, counts, *_named(devices, happened), batch.seen)


def _places(shard: Shard, batch: Batch, most: int, counts: Counter[str]) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Return the records, the controllers that are new, and each record's place in the shard."""
    names: list[str] = []
    places = []
    for device in batch.devices:
        place = shard.index.get(device, -1)
        if place < 0 and len(shard) + len(names) < most:
            place = len(shard) + len(names)
            names.append(device)
        places.append(place)
    at = np.array(places, np.int64)[batch.records["at"]] if places else np.zeros(0, np.int64)
    kept = at >= 0
    counts["devices"] += int((~kept).sum())
    return batch.records[kept], names, at[kept]


def _named(devices: list[str], happened: np.ndarray) -> tuple[list[str], list[str]]:
    """Return the controllers whose battery is another one, and those where something happens."""
    began, busy = (np.flatnonzero(happened & bit).tolist() for bit in (_BEGAN, _BUSY))
    return [devices[i] for i in began], [devices[i] for i in busy]


def _rounds(place: np.ndarray) -> list[np.ndarray]:
    """Return the records in rounds: in each, at most one of every controller, in the order in which they came."""
    if not len(place):
        return []
    order = np.argsort(place, kind="stable")
    firsts = np.flatnonzero(np.diff(place[order], prepend=-1))
    nth = np.arange(len(place)) - np.repeat(firsts, np.diff(firsts, append=len(place)))
    by_round = np.argsort(nth, kind="stable")
    return np.split(order[by_round], np.flatnonzero(np.diff(nth[by_round])) + 1)


def _round(
    work: np.ndarray,
    place: np.ndarray,
    records: np.ndarray,
    devices: list[str],
    shard: Shard,
    counts: Counter[str],
    happened: np.ndarray,
) -> None:
    rows = work[place]
    new_boot, taken = _number(rows, records, counts)
    usable = taken & records["usable"]
    usable &= ~_goes_back(rows, records, usable & ~new_boot, counts)
    rows["records"] += taken
    rows["unusable"] += taken & ~usable
    rows["uptime_ms"] = np.where(usable, records["uptime_ms"], rows["uptime_ms"])
    battery = records["leaf"] == _BATTERY
    rows["has_battery"] |= usable & battery
    steps = np.flatnonzero(usable & (battery | ~rows["has_battery"]))
    rows["uptime_known"] |= usable
    if len(steps):
        chosen = rows[steps]
        came = _step(
            chosen, records[steps], new_boot[steps], [devices[i] for i in place[steps].tolist()], shard, counts
        )
        rows[steps] = chosen
        happened[place[steps]] |= came
    work[place] = rows


def _number(rows: np.ndarray, records: np.ndarray, counts: Counter[str]) -> tuple[np.ndarray, np.ndarray]:
    """Take note of the records' numbers; return which are the first of a start, and which are new at all."""
    boot, sequence = records["boot"], records["sequence"]
    same = rows["known"] & (rows["boot"] == boot)
    ahead = sequence > rows["sequence"]
    slots = np.arange(OLDER) < rows["older_count"][:, None]
    match = slots & (rows["older_boot"] == boot[:, None]) & rows["known"][:, None] & ~same[:, None]
    older = match.any(1)
    late = older & (sequence > np.where(match, rows["older_sequence"], 0).max(1))
    rows["older_sequence"] = np.where(
        match, np.maximum(rows["older_sequence"], sequence[:, None]), rows["older_sequence"]
    )
    counts["repeated"] += int((same & ~ahead).sum() + (older & ~late).sum())
    counts["late"] += int(late.sum())
    new_boot = ~same & ~older
    again = new_boot & rows["known"]
    if again.any():
        for name, value in (("older_boot", rows["boot"]), ("older_sequence", rows["sequence"])):
            shifted = np.concatenate((value[:, None], rows[name][:, :-1]), axis=1)
            rows[name] = np.where(again[:, None], shifted, rows[name])
        rows["older_count"] = np.where(again, np.minimum(rows["older_count"] + 1, OLDER), rows["older_count"])
    taken = new_boot | (same & ahead)
    rows["boot"] = np.where(taken, boot, rows["boot"])
    rows["sequence"] = np.where(taken, sequence, rows["sequence"])
    rows["known"] |= taken
    rows["has_battery"] &= ~new_boot
    rows["uptime_known"] &= ~new_boot
    return new_boot, taken


def _goes_back(rows: np.ndarray, records: np.ndarray, may: np.ndarray, counts: Counter[str]) -> np.ndarray:
    """Return whose uptime is lower than it was; 2**32 ms after the start it begins again, which is forward."""
    back = may & rows["uptime_known"] & (records["uptime_ms"] - rows["uptime_ms"] >= 2**31)
    counts["clock"] += int(back.sum())
    return back


def _step(
    rows: np.ndarray,
    records: np.ndarray,
    new_boot: np.ndarray,
    devices: list[str],
    shard: Shard,
    counts: Counter[str],
) -> np.ndarray:
    """Let the estimator have one record of each row; return bits of _BEGAN and _BUSY."""
    battery = records["leaf"] == _BATTERY
    changed = _is_other_vehicle(rows, records, new_boot, battery)
    begins = changed | ~rows["started"]
    dt_s = (records["uptime_ms"] - rows["stepped_ms"]).astype("f8") / 1000.0
    dt_s[begins | new_boot] = 0.0
    _begin(rows, records, begins, devices, shard)
    power_before = rows["delivered_w"].copy()
    measured = measure(rows, records, dt_s, begins | new_boot, counts)
    left_s = dt_s
    for _ in range(_STEPS_MAX):
        part = np.minimum(left_s, LONGEST_STEP_S)
        measured["dt_s"] = part
        _step_all(rows, measured, left_s > 0 if _ else np.ones(len(rows), bool))
        left_s = left_s - part
        if not (left_s > 0).any():
            break
    rows["stepped_ms"] = records["uptime_ms"]
    for name in ("session", "vehicle_id"):
        rows[name] = np.where(battery, records[name], rows[name])
    energy_wh = np.array([pack_of(shard.packs.of(device)).capacity_kwh for device in devices]) * 1000.0
    moved = np.abs(rows["delivered_w"] - power_before) > _STEP_SHARE * energy_wh
    return begins * _BEGAN | (begins | moved) * _BUSY


def _is_other_vehicle(rows: np.ndarray, records: np.ndarray, new_boot: np.ndarray, battery: np.ndarray) -> np.ndarray:
    """Return where the battery is not, or may not be, the one of the record before.

    Within a boot sessions are counted; over a start of the controller only the identity tells, or that it never saw a
    vehicle come (session 0: a fixed one).
    """
    named = (rows["vehicle_id"] != 0) & (records["vehicle_id"] != 0)
    other = named & (rows["vehicle_id"] != records["vehicle_id"])
    same = named & ~other
    session = rows["session"] != records["session"]
    both_fixed = (rows["session"] == 0) & (records["session"] == 0)
    moved = np.where(new_boot, ~both_fixed & ~same, session)
    return battery & rows["started"] & (other | moved)


def _begin(rows: np.ndarray, records: np.ndarray, begins: np.ndarray, devices: list[str], shard: Shard) -> None:
    """Start the estimator of a battery that came; what was learned of it is kept where it is known to be the same."""
    for i in np.flatnonzero(begins).tolist():
        spec = shard.packs.of(devices[i])
        pack = pack_of(spec)
        fresh = start(1, chemistry_of(spec.chemistry))
        row = rows[i : i + 1]
        if row["started"][0] and row["vehicle_id"][0] and row["vehicle_id"][0] == records["vehicle_id"][i]:
            for name in _LEARNED:
                fresh[name] = row["estimate"][name]
        row["estimate"] = fresh
        row["chemistry"], row["series"], row["parallel"] = spec.chemistry.encode()[:16], pack.series, pack.parallel
        row["soc_word"], row["soc_word_age_s"] = -1.0, 0.0
        row["started"] = True
        row["vehicles"] += 1


def _step_all(rows: np.ndarray, measured: np.ndarray, chosen: np.ndarray) -> None:
    """Step the chosen rows, those of one chemistry together."""
    kinds = np.unique(rows["chemistry"][chosen])
    for kind in kinds:
        places = np.flatnonzero(chosen & (rows["chemistry"] == kind))
        count = max(len(places), _FEW)
        states = np.zeros(count, rows["estimate"].dtype)
        inputs = unmeasured(count)
        chemistry = chemistry_of(kind.decode())
        if count > len(places):
            states[len(places) :] = start(count - len(places), chemistry)
        states[: len(places)] = rows["estimate"][places]
        inputs[: len(places)] = measured[places]
        step(states, inputs, chemistry)
        rows["estimate"][places] = states[: len(places)]
