"""SAScheduleTuple from the price plan, and the EV's ChargingProfile held against it."""

from gridkeel.v2g import journal
from gridkeel.v2g.iso2 import codes
from gridkeel.v2g.iso2.codes import RefusedError
from gridkeel.v2g.iso2.context import Context
from gridkeel.v2g.iso2.values import number, physical

DAY_S = 86400
ENTRIES_MAX = 1024  # of the schema
# A ChargingProfile has room for 24 entries, and one closes it: an EV that gives no limit of its own can follow so many.
ENTRIES_UNASKED = 23
START_MAX_S = 16777214  # of the schema: half a year; later moments are given to the charger as this one
_NEVER_S = 1 << 40


def make(context: Context, departure_s: "int | None", entries: int) -> None:
    """Set the context's offer: the plan's slots cut to the rating, until departure or for a day ([V2G2-303], -304).

    departure_s: None where the EV names none.  entries: the most the EV takes; at least one is sent.
    """
    charger = context.charger
    rating_w = charger.max_power_w
    end_s = min(departure_s or DAY_S, START_MAX_S)
    offer: list = []
    for start_s, power_w in charger.schedule or ((0, rating_w),):
        power_w = max(0, min(rating_w, power_w))
        if start_s < end_s and (not offer or power_w != offer[-1][1]):
            offer.append((start_s, power_w))
    context.offer = tuple(_fold(offer, max(1, min(entries, ENTRIES_MAX))))
    # the last entry lasts a day at most; an EV that stays longer asks again when it ends ([V2G2-305])
    context.offer_end_s = min(end_s, offer[-1][0] + DAY_S)


def tuple_of(context: Context) -> dict:
    """Return SAScheduleTuple of the context's offer."""
    entries: list = []
    for start_s, power_w in context.offer:
        entries.append({"PMax": physical(power_w, "W"), "RelativeTimeInterval": {"start": start_s}})
    entries[-1]["RelativeTimeInterval"]["duration"] = context.offer_end_s - context.offer[-1][0]
    return {"SAScheduleTupleID": context.tuple_id, "PMaxSchedule": {"PMaxScheduleEntry": entries}}


def check_profile(context: Context, profile: dict) -> "tuple[tuple[int, float], ...]":
    """Return the profile's ((start_s, power_w), ...), cut to the offer and logged where it passes it; () for None.

    Errors: RefusedError with FAILED_ChargingProfileInvalid where it is not in order ([V2G2-225]).
    """
    if profile is None:
        return ()
    entries: list = []
    for entry in profile["ProfileEntry"]:
        start_s = min(entry["ChargingProfileEntryStart"], START_MAX_S)
        power_w = number(entry, "ChargingProfileEntryMaxPower", "W", None, codes.PROFILE_INVALID)
        if entries and start_s <= entries[-1][0] or power_w < 0:
            raise RefusedError(codes.PROFILE_INVALID, journal.CHARGING_PROFILE_INVALID)
        entries.append((start_s, power_w))
    return tuple(_limit(context, entries))


def _limit(context: Context, entries):
    # The standard lets a charger refuse such a profile; EVs that round up the offer would never charge then.
    over_w = 0
    cut: list = []
    for k, (start_s, power_w) in enumerate(entries):
        until_s = entries[k + 1][0] if k + 1 < len(entries) else _NEVER_S
        for from_s, offered_w in _offer(context, start_s, until_s):
            over_w = max(over_w, power_w - offered_w)
            allowed_w = min(power_w, offered_w)
            if not cut or allowed_w != cut[-1][1]:
                cut.append((from_s, allowed_w))
    if not over_w:
        return entries
    context.log(journal.KIND_DELIVERY, journal.CHARGING_PROFILE_CUT, journal.OTHER, int(over_w))
    return _fold(cut, ENTRIES_UNASKED + 1)


def _offer(context: Context, start_s, until_s):
    """Yield (from_s, power_w) of what is offered in [start_s, until_s); nothing is past the end of the schedule."""
    if start_s >= context.offer_end_s:
        yield start_s, 0
    for k, (from_s, power_w) in enumerate(context.offer):
        last = k + 1 == len(context.offer)
        to_s = context.offer_end_s if last else context.offer[k + 1][0]
        if from_s < until_s and start_s < to_s:
            yield max(start_s, from_s), power_w


def _fold(entries, most):
    """Return at most so many entries: what does not fit becomes one that is true of all of it."""
    if len(entries) > most:
        entries[most - 1 :] = [(entries[most - 1][0], min(power_w for _start, power_w in entries[most - 1 :]))]
    return entries
