"""Every mutant, by the name of its group."""

from __future__ import annotations

from fleet_mutants import FLEET
from mutant import Mutant, read
from mutants import ARBITER, CLOCKS, DROOP, ENVELOPE, REACTIVE, RESERVE, SENSING, TRIPS
from mutants_crypto import CRYPTO
from mutants_evse import EVSE
from mutants_evse_session import EVSE_SESSION
from mutants_exi import EXI
from mutants_limbs import LIMBS
from mutants_link import LINK
from mutants_v2g import V2G
from mutants_v2g_contract import V2G_CONTRACT
from mutants_v2g_power import V2G_POWER
from mutants_v2g_terms import V2G_TERMS
from mutants_v2g_wire import V2G_WIRE

GROUPS: dict[str, list[Mutant]] = {
    "droop": DROOP,
    "trips": TRIPS,
    "arbiter": ARBITER,
    "envelope": ENVELOPE,
    "reserve": RESERVE,
    "clocks": CLOCKS,
    "reactive": REACTIVE,
    "sensing": SENSING,
    "crypto": read(CRYPTO),
    "limbs": read(LIMBS),
    "evse": read(EVSE) + read(EVSE_SESSION),
    "v2g": read(V2G) + read(V2G_WIRE) + read(V2G_POWER) + read(V2G_TERMS) + read(V2G_CONTRACT),
    "exi": read(EXI),
    "link": read(LINK),
    "fleet": FLEET,
}
EVERY = [mutant for group in GROUPS.values() for mutant in group]


def chosen(word: str) -> list[Mutant]:
    """Return a group, or the mutants whose title holds the word; all of them for ""."""
    return GROUPS.get(word) or [mutant for mutant in EVERY if word in mutant.title]
