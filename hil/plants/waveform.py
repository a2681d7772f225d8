"""Point-on-wave mains: the samples an ADC would give of a trace (open loop) or of a living grid (closed loop)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hil.plants.adc import Adc
from hil.plants.trace import Trace
from host_tools.errors import ToolError

Floats = NDArray[np.float64]
Truth = tuple[Floats, Floats, Floats, NDArray[np.bool_]]


class LivingSource(Protocol):
    """A grid that only exists up to now: asked for each stretch once, in order."""

    def advance(self, t0_s: float, n: int, dt_s: float) -> tuple[Floats, Floats]:
        """Return phase in turns and voltage in per unit at t0_s, t0_s + dt_s, ... (n of them)."""
        ...

    def truth(self, t_s: ArrayLike) -> Truth:
        """Return freq_hz, rocof_hz_s, voltage_pu and validity at past times."""
        ...


@dataclass(frozen=True)
class WaveformConfig:
    """Shape of the samples.

    noise_db: ratio of the nominal fundamental to white noise, None for none; it stays when the mains goes.
    harmonics: order to per unit of the fundamental.  pickup_pu: what an open line still picks up of the mains.
    sample_clock_ppm: positive where the board's clock runs fast, so its samples come early.
    """

    sample_hz: int = 4800
    nominal_v: float = 230.0
    adc_bits: int = 12
    adc_uv: int = 16000
    noise_db: float | None = 60.0
    harmonics: dict[int, float] = field(default_factory=lambda: {3: 0.02, 5: 0.03, 7: 0.02})
    harmonic_phase_turns: dict[int, float] = field(default_factory=lambda: {3: 0.11, 5: 0.37, 7: 0.68})
    offset_counts: float = 0.0
    clip_counts: int = 32768
    phase0_turns: float = 0.0
    sample_clock_ppm: float = 0.0
    pickup_pu: float = 0.001
    seed: int = 1

    def __post_init__(self) -> None:
        if self.sample_hz <= 0:
            raise ToolError(f"sample_hz = {self.sample_hz} is not above zero")
        for order in self.harmonics:
            if order < 2 or order * 60 >= self.sample_hz / 2:
                raise ToolError(f"harmonic {order} is no order from 2 to under half of sample_hz = {self.sample_hz}")


class PointOnWave:
    """Samples of the mains, one block after the other; sample k is taken at k / (sample_hz * (1 + ppm))."""

    def __init__(self, config: WaveformConfig, source: Trace | LivingSource) -> None:
        self.config = config
        self.source = source
        self._dt_s = 1.0 / (config.sample_hz * (1.0 + config.sample_clock_ppm * 1e-6))
        self._adc = Adc(config.adc_bits, config.adc_uv, config.offset_counts, config.clip_counts)
        self._peak_v = config.nominal_v * np.sqrt(2.0)
        # Chunks of one second whatever the blocks: cheap, and the same samples for every way of asking.
        self._chunk = config.sample_hz
        self._noise = _Noise(config, self._chunk)
        self._ready = np.empty(0, dtype=np.int16)
        self._ready_at = 0
        self._next = 0

    @property
    def t_s(self) -> float:
        """Virtual time of the next sample."""
        return self._next * self._dt_s

    def block(self, n: int) -> NDArray[np.int16]:
        """Return the next n samples, left-aligned counts."""
        if isinstance(self.source, Trace):
            return self._block_of_trace(self.source, n)
        phase_turns, voltage_pu = self.source.advance(self.t_s, n, self._dt_s)
        self._next += n
        return self._sampled(phase_turns, voltage_pu, self._noise.take(n))

    def truth(self, t_s: ArrayLike) -> Truth:
        """Return what was really there: freq_hz, rocof_hz_s, voltage_pu and whether there was mains to measure."""
        source = self.source
        if isinstance(source, Trace):
            return source.freq_hz(t_s), source.rocof_hz_s(t_s), source.voltage_pu(t_s), source.valid(t_s)
        return source.truth(t_s)

    def _block_of_trace(self, trace: Trace, n: int) -> NDArray[np.int16]:
        out = np.empty(n, dtype=np.int16)
        filled = 0
        while filled < n:
            offset = self._next - self._ready_at
            if offset == self._ready.size:
                self._fill_chunk(trace)
                offset = 0
            part = self._ready[offset : offset + n - filled]
            out[filled : filled + part.size] = part
            filled += part.size
            self._next += part.size
        return out

    def _fill_chunk(self, trace: Trace) -> None:
        t_s = np.arange(self._next, self._next + self._chunk) * self._dt_s
        self._ready = self._sampled(trace.phase_turns(t_s), trace.voltage_pu(t_s), self._noise.take(self._chunk))
        self._ready_at = self._next

    def _sampled(self, phase_turns: Floats, voltage_pu: Floats, noise_v: Floats | None) -> NDArray[np.int16]:
        config = self.config
        turns = phase_turns + config.phase0_turns
        angle = 2 * np.pi * (turns - np.floor(turns))
        wave = np.sin(angle)
        for order, share in config.harmonics.items():
            wave += share * np.sin(order * angle + 2 * np.pi * config.harmonic_phase_turns.get(order, 0.0))
        wave *= self._peak_v * np.maximum(voltage_pu, config.pickup_pu)
        if noise_v is not None:
            wave += noise_v
        return self._adc.convert(wave)


class _Noise:
    """White noise in volts from one seeded stream, drawn a chunk at a time so that block sizes do not show."""

    def __init__(self, config: WaveformConfig, chunk: int) -> None:
        self._sigma_v = 0.0 if config.noise_db is None else config.nominal_v / 10 ** (config.noise_db / 20)
        self._random = np.random.Generator(np.random.PCG64(config.seed))
        self._chunk = chunk
        self._left = np.empty(0)

    def take(self, n: int) -> Floats | None:
        """Return the next n values, None where there is no noise."""
        if not self._sigma_v:
            return None
        while self._left.size < n:
            drawn = self._random.standard_normal(self._chunk) * self._sigma_v
            self._left = np.concatenate((self._left, drawn)) if self._left.size else drawn
        taken, self._left = self._left[:n], self._left[n:]
        return taken
