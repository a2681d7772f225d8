"""Records of made-up controllers, as an uplink publishes them; the same ones for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from host_tools.contract import topics

Message = tuple[str, bytes]


def battery(device: str = "gk-1", boot: int = 7, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one sound record of a battery, with changes."""
    return {
        "device": device,
        "boot": boot,
        "sequence": sequence,
        "message": "battery",
        "uptime_ms": sequence * 10_000,
        "session": 1,
        "vehicle_id": 77,
        "soc_pct_x100": 5000,
        "soc_source": "vehicle",
        "dc_voltage_mv": 355_000,
        "dc_current_ma": 20_000,
        "energy_in_wh": 20 * sequence,
        "energy_out_wh": 0,
        "charge_in_mah": 56 * sequence,
        "charge_out_mah": 0,
        "battery_temperature_c_x10": 251,
        "temperature_source": "vehicle",
        "delivered_w": 7100,
        **changes,
    }


def telemetry(device: str = "gk-1", boot: int = 7, sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """Return one sound record of telemetry, with changes; of its fields those that the twin reads."""
    return {
        "device": device,
        "boot": boot,
        "sequence": sequence,
        "message": "telemetry",
        "uptime_ms": sequence * 1000,
        "soc_pct_x100": 5000,
        "delivered_w": 7100,
        "freq_uhz": 50_010_000,
        "requested_w": 7200,
        "charge_limit_w": 11_000,
        "discharge_limit_w": 10_000,
        "state": "run",
        "limiter": "setpoint",
        **changes,
    }


def message(record: dict[str, Any]) -> Message:
    """Return topic and payload of a record."""
    return topics.topic(record["device"], record["message"]), json.dumps(record).encode()


def controller(device: str, count: int, seed: int) -> Iterator[Message]:
    """Yield records of a controller that loses some, starts again, has several vehicles, and now and then errs."""
    chance = random.Random(f"{device} {seed}")
    boot, sequence, uptime_ms, session, vehicle, soc = chance.getrandbits(32), 0, 0, 1, 1000, chance.random()
    charge_in = charge_out = 0.0
    for _ in range(count):
        sequence += 1 + (chance.random() < 0.05)
        uptime_ms += chance.randrange(900, 12_000)
        amps = chance.uniform(-40.0, 60.0)
        moved = amps * 10.0 / 3.6
        charge_in, charge_out = charge_in + max(moved, 0.0), charge_out - min(moved, 0.0)
        soc = min(max(soc + moved / 170_000.0, 0.0), 1.0)
        if chance.random() < 0.02:
            session, vehicle, soc = session + 1, chance.choice((0, 1000, 2000)), chance.random()
        if chance.random() < 0.01:
            boot, sequence, uptime_ms, charge_in, charge_out = chance.getrandbits(32), 1, 50, 0.0, 0.0
            session = 0
        record = battery(
            device,
            boot,
            sequence,
            uptime_ms=uptime_ms,
            session=session,
            vehicle_id=vehicle,
            soc_pct_x100=chance.choice((None, None, int(soc * 10_000))),
            dc_voltage_mv=chance.choice((None, int(340_000 + 40_000 * soc + 75 * amps))),
            dc_current_ma=chance.choice((None, int(amps * 1000))),
            energy_in_wh=int(charge_in * 0.36),
            energy_out_wh=int(charge_out * 0.36),
            charge_in_mah=int(charge_in),
            charge_out_mah=int(charge_out),
            battery_temperature_c_x10=chance.choice((None, chance.randrange(100, 300))),
            delivered_w=int(amps * 360.0),
        )
        if chance.random() < 0.02:
            record[chance.choice(("soc_pct_x100", "uptime_ms"))] = chance.choice((-5, 10**12, "NaN", 0.5))
        if chance.random() < 0.2:
            yield message(telemetry(device, boot, sequence, uptime_ms=uptime_ms, delivered_w=int(amps * 360.0)))
            sequence += 1
            record["sequence"] = sequence
        yield message(record)


def fleet(controllers: int, records: int, seed: int = 1) -> list[Message]:
    """Return the records of many controllers, each one's in their order, the controllers mixed."""
    chance = random.Random(seed)
    left = [list(controller(f"gk-{number}", records, seed))[::-1] for number in range(controllers)]
    mixed: list[Message] = []
    while left:
        one = chance.choice(left)
        mixed.append(one.pop())
        if not one:
            left.remove(one)
    return mixed
