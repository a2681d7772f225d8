"""Duty of the control pilot and the current it stands for, IEC 61851-1 Annex A, in 0.1 % and mA.

duty            meaning
0 %             -12 V: station not available
3..7 %          digital communication; the EVSE drives 5 %
10..85 %        0.6 A a per cent: 6..51 A
85..96 %        2.5 A a per cent over 64: 52.5..80 A
100 %           +12 V: no power offered
the rest        not driven
"""

OFF = 0
DIGITAL = 50
LEAST = 100
KNEE = 850
MOST = 960
STEADY = 1000

LEAST_MA = 6000
_KNEE_MA = 52500


def least_w(nominal_v: int, phases: int) -> int:
    """Return the least power that can be offered at an AC connector: 6 A on each phase."""
    return LEAST_MA * nominal_v * phases // 1000


def of_ma(current_ma: int) -> int:
    """Return the duty that offers current_ma or the next smaller current it can express; STEADY under 6 A."""
    if current_ma < LEAST_MA:
        return STEADY
    if current_ma >= _KNEE_MA:
        return min(current_ma // 250 + 640, MOST)
    return min(current_ma // 60, KNEE)


def ma_of(duty_permille: int) -> int:
    """Return the current a duty offers, 0 where it offers none."""
    if LEAST <= duty_permille <= KNEE:
        return duty_permille * 60
    if KNEE < duty_permille <= MOST:
        return (duty_permille - 640) * 250
    return 0


def has_pwm(duty_permille: int) -> bool:
    """Return whether the pilot swings between +12 V and -12 V."""
    return OFF < duty_permille < STEADY
