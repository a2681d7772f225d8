"""SAScheduleTuple from the price plan, and the car's ChargingProfile held against it."""

from gridkeel.v2g import codes
from gridkeel.v2g.codes import RefusedError
from gridkeel.v2g.values import number, physical

DAY_S = 86400
ENTRIES_MAX = 1024  # of the schema
# A ChargingProfile has room for 24 entries, and one closes it: a car that gives no limit of its own can follow so many.
ENTRIES_UNASKED = 23
START_MAX_S = 16777214  # of the schema: half a year; later moments are told to the charger as this one
_NEVER_S = 1 << 40


def make(context, departure_s, entries):
    """Set the context's offer: the plan's slots cut to the rating, until departure or for a day ([V2G2-303], -304).

    departure_s: None where the car names none.  entries: the most the car takes; at least one is sent.
    """
    charger = context.charger
    rating_w = charger.max_power_w
    end_s = min(departure_s or DAY_S, START_MAX_S)
    offer: list = []
    for start_s, power_w in charger.schedule or ((0, rating_w),):
        power_w = max(0, min(rating_w, power_w))
        if start_s < end_s and (not offer or power_w != offer[-1][1]):
            offer.append((start_s, power_w))
    most = max(1, min(entries, ENTRIES_MAX))
    if len(offer) > most:
        # what does not fit is told as one entry that is true of all of it
        offer[most - 1 :] = [(offer[most - 1][0], min(power_w for _start, power_w in offer[most - 1 :]))]
    context.offer = tuple(offer)
    # the last entry lasts a day at most; a car that stays longer asks again when it ends ([V2G2-305])
    context.offer_end_s = min(end_s, offer[-1][0] + DAY_S)


def tuple_of(context):
    """Return SAScheduleTuple of the context's offer."""
    entries: list = []
    for start_s, power_w in context.offer:
        entries.append({"PMax": physical(power_w, "W"), "RelativeTimeInterval": {"start": start_s}})
    entries[-1]["RelativeTimeInterval"]["duration"] = context.offer_end_s - context.offer[-1][0]
    return {"SAScheduleTupleID": context.tuple_id, "PMaxSchedule": {"PMaxScheduleEntry": entries}}


def check_profile(context, profile):
    """Return the profile's ((start_s, power_w), ...), () for None.

    Errors: RefusedError with FAILED_ChargingProfileInvalid where it is not in order or passes the offer ([V2G2-225]).
    """
    if profile is None:
        return ()
    entries: list = []
    for entry in profile["ProfileEntry"]:
        start_s = min(entry["ChargingProfileEntryStart"], START_MAX_S)
        power_w = number(entry, "ChargingProfileEntryMaxPower", "W", None, codes.PROFILE_INVALID)
        if entries and start_s <= entries[-1][0] or power_w < 0:
            raise RefusedError(codes.PROFILE_INVALID, "the charging profile is not in order")
        entries.append((start_s, power_w))
    for k, (start_s, power_w) in enumerate(entries):
        until_s = entries[k + 1][0] if k + 1 < len(entries) else _NEVER_S
        if power_w > _least(context, start_s, until_s):
            raise RefusedError(
                codes.PROFILE_INVALID, "the charging profile passes the offer: %d W at %d s" % (power_w, start_s)
            )
    return tuple(entries)


def _least(context, start_s, until_s):
    """Return the least power offered in [start_s, until_s); none is offered past the end of the schedule."""
    least_w = None
    for k, (from_s, power_w) in enumerate(context.offer):
        last = k + 1 == len(context.offer)
        to_s = context.offer_end_s if last else context.offer[k + 1][0]
        if from_s < until_s and start_s < to_s and (least_w is None or power_w < least_w):
            least_w = power_w
    return 0 if least_w is None else least_w
