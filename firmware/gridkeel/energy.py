"""Energy and power of a battery in integers; every step stays under 2**30 for 500 kWh, 50 kW and a day."""

PERCENT = 100
BATTERY_MAX_WH = 500000
TIME_MIN_S = 60
TIME_MAX_S = 86400


def energy_wh(battery_wh: int, soc_pct_x100: int) -> int:
    """Return the energy of a share -10000..10000 of battery_wh, to 10 Wh."""
    return battery_wh // 10 * soc_pct_x100 // 1000


def share_pct_x100(battery_wh: int, wh: int) -> int:
    """Return wh >= 0 as a share of battery_wh > 0, 10000 at the most."""
    if wh >= battery_wh:
        return 10000
    # wh < 5 * 10**5: taken a hundred at a time
    whole = wh * 100 // battery_wh
    return whole * 100 + (wh * 100 - whole * battery_wh) * 100 // battery_wh


def power_w(wh: int, time_s: int) -> int:
    """Return the even power that moves wh in time_s, TIME_MIN_S..TIME_MAX_S."""
    whole = wh // time_s
    return whole * 3600 + (wh - whole * time_s) * 3600 // time_s


def moved_wh(watts: int, time_s: int) -> int:
    """Return the energy of watts over time_s, to 1 Wh."""
    # 5 * 10**4 * 86400 is past 2**30: whole hours first
    hours = time_s // 3600
    return watts * hours + watts * (time_s - hours * 3600) // 3600
