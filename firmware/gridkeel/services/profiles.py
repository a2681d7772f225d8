"""Droop profiles as data: which power a frequency deviation draws, how soon, and whose figures these are.

A row is (name, nominal_hz, over, under, response_ms, base, source, open):

    over, under   points of a piecewise-linear curve, flat: deviation in mHz, share of the rating in 0.01 %, deviation,
                  share ...; nothing before the first point, the last share after the last; () where that side is silent
    response_ms   time to 90 % of a step, the open-loop response time; where a rule names the time to the full response,
                  half of it: a first-order lag then stands at 99 %
    base          ADDED: the response adds to what the secondary levels ask while it lasts
                  FROZEN: it adds to the pre-disturbance power, held from the moment the deadband is left
    open          the figures no public source confirmed; "" where there are none. A profile with any is never
                  called conforming.

A profile's index is the value of `droop_profile`, so rows are appended, never moved.
"""

ADDED = 0
FROZEN = 1

NAME = 0
NOMINAL_HZ = 1
OVER = 2
UNDER = 3
RESPONSE_MS = 4
BASE = 5
SOURCE = 6
OPEN = 7

FULL = 10000  # the whole rating, in 0.01 %

_UL = "IEEE 1547-2018 as quoted by the UL1741SB test code"
_VDE = "Beckhoff TF8360 defaults (EN 50549, VDE)"
_ANNEX = "Regulation (EU) 2017/1485, Annex V"
_NESO = "NESO, New Dynamic Services"


def _line(deadband_mhz, span_mhz):
    return (deadband_mhz, 0, deadband_mhz + span_mhz, FULL)


# A droop k at a nominal frequency draws the whole rating k * nominal past the deadband: 0.05 at 60 Hz is 3000 mHz.
_1547_DEFAULT = _line(36, 3000)
_1547_SECOND = _line(17, 1800)
_1547_SECOND_3 = _line(17, 1200)
_LFSM = _line(200, 2500)
_FSM = _line(10, 2500)
_FCR_CE = (10, 0, 200, FULL)
_DC = (15, 0, 200, 500, 500, FULL)
_DM = (15, 0, 100, 500, 200, FULL)
_DR = (15, 0, 200, FULL)

TABLE: tuple = (
    ("custom", 0, (), (), 0, ADDED, "parameters droop_deadband_mhz, droop_span_mhz, droop_response_ms", ""),
    ("ieee1547-cat1", 60, _1547_DEFAULT, _1547_DEFAULT, 5000, FROZEN, _UL, ""),
    ("ieee1547-cat2", 60, _1547_DEFAULT, _1547_DEFAULT, 5000, FROZEN, _UL, ""),
    ("ieee1547-cat3", 60, _1547_DEFAULT, _1547_DEFAULT, 5000, FROZEN, _UL, ""),
    ("ieee1547-cat1-char2", 60, _1547_SECOND, _1547_SECOND, 1000, FROZEN, _UL, ""),
    ("ieee1547-cat2-char2", 60, _1547_SECOND, _1547_SECOND, 1000, FROZEN, _UL, ""),
    ("ieee1547-cat3-char2", 60, _1547_SECOND_3, _1547_SECOND_3, 200, FROZEN, _UL, ""),
    ("en50549-lfsm-o", 50, _LFSM, (), 2000, FROZEN, _VDE, "response time, reference power"),
    ("en50549-lfsm-u", 50, (), _LFSM, 2000, FROZEN, _VDE, "response time, reference power"),
    ("en50549-lfsm", 50, _LFSM, _LFSM, 2000, FROZEN, _VDE, "response time, reference power"),
    ("en50549-fsm", 50, _FSM, _FSM, 2000, ADDED, _VDE, "response time"),
    ("fcr-ce", 50, _FCR_CE, _FCR_CE, 15000, ADDED, _ANNEX, "line from the edge of the deadband"),
    ("fcr-gb", 50, (15, 0, 500, FULL), (15, 0, 500, FULL), 5000, ADDED, _ANNEX, "line from the edge of the deadband"),
    ("fcr-ie", 50, (15, 0, 500, FULL), (15, 0, 500, FULL), 7500, ADDED, _ANNEX, "line from the edge of the deadband"),
    ("fcr-nordic", 50, (10, 0, 500, FULL), (10, 0, 500, FULL), 15000, ADDED, _ANNEX, "line from the deadband's edge"),
    ("dynamic-containment", 50, _DC, _DC, 500, ADDED, _NESO, ""),
    ("dynamic-moderation", 50, _DM, _DM, 500, ADDED, _NESO, "whole curve"),
    ("dynamic-regulation", 50, _DR, _DR, 5000, ADDED, _NESO, "whole curve"),
)

CUSTOM = 0
NAMES = tuple([row[NAME] for row in TABLE])
