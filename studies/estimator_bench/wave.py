"""Trial mains with a known truth: what the ADC gives, and the frequency and ROCOF that were really there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hil.plants.adc import Adc

Floats = NDArray[np.float64]
Ints = NDArray[np.int16]
Shape = Callable[[Floats], Floats]
NOMINAL_V = 230.0


def zero(t_s: Floats) -> Floats:
    """Return nothing, everywhere."""
    return np.zeros_like(t_s)


@dataclass(frozen=True)
class Motion:
    """A change of phase over time, in radians, with its two derivatives: Hz and Hz/s."""

    phase_rad: Shape = zero
    freq_dev_hz: Shape = zero
    rocof_hz_s: Shape = zero


STILL = Motion()


@dataclass(frozen=True)
class Wave:
    """One mains signal: freq_hz plus what moves it, with everything else that may be on the line.

    amplitude: per unit.  tones: frequency, share of nominal, phase in radians.  spoil: changes the finished volts.
    noise_db: against the nominal fundamental, None for none.  clock_ppm: how much too fast the board samples.
    """

    freq_hz: float = 50.0
    phase0_rad: float = 0.3
    motion: Motion = STILL
    amplitude: Shape = field(default=np.ones_like)
    tones: tuple[tuple[float, float, float], ...] = ()
    spoil: Callable[[Floats, Floats], Floats] | None = None
    noise_db: float | None = None
    seed: int = 1
    adc_bits: int = 12
    adc_uv: int = 16000
    offset_counts: float = 0.0
    clip_counts: int = 32768
    clock_ppm: float = 0.0

    def volts_per_unit(self, t_s: Floats) -> Floats:
        """Return fundamental and tones at t_s, in parts of the nominal peak, before anything spoils them."""
        angle = 2 * np.pi * self.freq_hz * t_s + self.phase0_rad + self.motion.phase_rad(t_s)
        parts = self.amplitude(t_s) * np.cos(angle)
        for freq_hz, share, phase_rad in self.tones:
            parts += share * np.cos(2 * np.pi * freq_hz * t_s + phase_rad)
        return parts

    def noise_per_unit(self, count: int) -> Floats:
        """Return `count` values of the white noise, in parts of the nominal peak; nothing where there is none."""
        if self.noise_db is None:
            return np.zeros(count)
        random = np.random.Generator(np.random.PCG64(self.seed))
        return random.standard_normal(count) / (np.sqrt(2.0) * 10 ** (self.noise_db / 20))

    def samples(self, sample_hz: int, count: int) -> Ints:
        """Return `count` samples as the ADC gives them, from t = 0."""
        t_s = np.arange(count) / (sample_hz * (1.0 + self.clock_ppm * 1e-6))
        peak_v = NOMINAL_V * np.sqrt(2.0)
        volts = self.volts_per_unit(t_s) * peak_v
        if self.spoil is not None:
            volts = self.spoil(t_s, volts)
        volts += self.noise_per_unit(count) * peak_v
        return Adc(self.adc_bits, self.adc_uv, self.offset_counts, self.clip_counts).convert(volts)

    def truth(self, t_s: Floats) -> tuple[Floats, Floats]:
        """Return the true frequency in Hz and ROCOF in Hz/s at t_s."""
        return self.freq_hz + self.motion.freq_dev_hz(t_s), self.motion.rocof_hz_s(t_s)


def ramp(rate_hz_s: float, middle_s: float) -> Motion:
    """Return a linear change of frequency that passes freq_hz at middle_s."""
    return Motion(
        lambda t_s: np.pi * rate_hz_s * (t_s - middle_s) ** 2,
        lambda t_s: rate_hz_s * (t_s - middle_s),
        lambda t_s: np.full_like(t_s, rate_hz_s),
    )


def phase_modulation(depth_rad: float, rate_hz: float) -> Motion:
    """Return a sinusoidal modulation of the phase."""
    turn = 2 * np.pi * rate_hz
    return Motion(
        lambda t_s: depth_rad * np.cos(turn * t_s),
        lambda t_s: -depth_rad * rate_hz * np.sin(turn * t_s),
        lambda t_s: -depth_rad * rate_hz * turn * np.cos(turn * t_s),
    )


def phase_step(step_rad: float, at_s: float) -> Motion:
    """Return a jump of the phase."""
    return Motion(lambda t_s: np.where(t_s >= at_s, step_rad, 0.0))


def frequency_step(step_hz: float, at_s: float) -> Motion:
    """Return a jump of the frequency, the phase unbroken."""
    return Motion(
        lambda t_s: 2 * np.pi * step_hz * np.maximum(t_s - at_s, 0.0),
        lambda t_s: np.where(t_s >= at_s, step_hz, 0.0),
    )


def amplitude_between(low: float, high: float, from_s: float, to_s: float) -> Shape:
    """Return an amplitude of `high` that is `low` from from_s to to_s."""
    return lambda t_s: np.where((t_s >= from_s) & (t_s < to_s), low, high)
