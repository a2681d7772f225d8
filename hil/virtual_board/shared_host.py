"""What a virtual board in real time sets otherwise than a chip: it shares its processor with whatever else runs."""

from __future__ import annotations

from collections.abc import Mapping

from gridkeel.params import Parameters

# A desktop's scheduler pauses for longer than an ADC's DMA ever does, all the more while a car's Java starts beside the
# board; and nobody's grid waits for a minute that a pause has cost.
SHARED_HOST = {"samples_stale_ms": 1000, "return_delay_ms": 1000}


def on_shared_host(changes: Mapping[str, int]) -> dict[str, int]:
    """Return the changes with those of a shared host under them: what is given wins."""
    return {**SHARED_HOST, **changes}


def differences(parameters: Parameters) -> str:
    """Say which of the values in force are a shared host's, and what a chip has; "" where none is."""
    chip = Parameters()
    return ", ".join(
        f"{name} = {value} (a chip: {getattr(chip, name)})"
        for name, value in SHARED_HOST.items()
        if getattr(parameters, name) == value
    )
