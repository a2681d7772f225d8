"""Files of the firmware that not every processor can run: kernels of its arithmetic, by mpy-cross's architectures."""

from __future__ import annotations

_DSP = ("armv7em", "armv7emsp", "armv7emdp")
_THUMB = ("armv6m", "armv7m")
_ALL = ("x64", *_THUMB, *_DSP)  # others work on Python's integers: crypto/field.py has the same choice
_ONLY_FOR = {
    "crypto/kernels_wide.py": ("x64",),
    "crypto/kernels_wide_any.py": ("x64",),
    "crypto/kernels_umaal.py": _DSP,
    "crypto/kernels_thumb.py": _THUMB,
    "crypto/kernels_slots.py": _ALL,
    "crypto/limbs.py": _ALL,
    "crypto/points.py": _ALL,
    "crypto/formulas.py": _ALL,
}


def runs_on(name: str, march: str) -> bool:
    """Return whether the image for an architecture holds a file of the package, by its path in it."""
    return march in _ONLY_FOR.get(name, (march,))
