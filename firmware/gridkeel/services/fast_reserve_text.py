"""Sources of the reserves of fast_reserve.py, and which of their figures are open.  For hosts; no device imports it."""

_FINGRID = "Fingrid, technical requirements for FFR"
_ERCOT = "ERCOT FFR as reported by cimview.com"

# source, and the figures that could not be confirmed: a row a reserve, in the order of fast_reserve.TABLE
SOURCES = (("", ""),) + 6 * ((_FINGRID, ""),) + ((_ERCOT, "trigger, ramp-off, re-arm"),)
