"""Defaults of a virtual board in real time that differ from a chip's: it shares its processor with other programs."""

from __future__ import annotations

from collections.abc import Mapping

from gridkeel.params import Parameters

# A desktop's scheduler pauses for longer than an ADC's DMA ever does, all the more while an EVCC's Java starts beside
# the board; and nobody's grid waits for a minute that a pause has cost.
SHARED_HOST = {"samples_stale_ms": 1000, "return_delay_ms": 1000}


def on_shared_host(changes: Mapping[str, int]) -> dict[str, int]:
    """Return the changes with those of a shared host under them: what is given wins."""
    return {**SHARED_HOST, **changes}


def differences(parameters: Parameters, own: Mapping[str, int]) -> str:
    """Return which of the virtual board's own settings are in force, and a chip's defaults; "" for none."""
    chip = Parameters()
    return ", ".join(
        f"{name} = {value} (a chip: {getattr(chip, name)})"
        for name, value in own.items()
        if getattr(parameters, name) == value
    )
