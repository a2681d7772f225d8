"""InverterDriver: all that the rest of the firmware knows of an inverter.  For type checkers; no device imports it.

Powers are in W and positive into the vehicle, reactive powers in var and positive absorbed, times in ms of a wrapping
tick. Nothing allocates after construction.
"""

from array import array
from typing import Protocol

Buffer = bytearray | bytes | memoryview | array

class Deviation(Protocol):
    """Whether the inverter delivers what was commanded: following.Following."""

    deviation_w: int  # delivered less commanded, 0 while it follows
    uncommanded: bool  # power flows that nobody commanded
    charge_w: int  # what it was seen to deliver, limits.NO_BOUND while it follows
    discharge_w: int

class InverterDriver(Protocol):
    """One inverter: command it, read what it measures, carry its bytes.

    The rules every family keeps: nothing is written before the device was identified, by two answers; nothing but zero
    until a reading has shown that it holds our zero and a lifetime for it; a setting that is not refreshed ends by the
    device's own clock; what is not known is told as unknown and never as zero.
    """

    following: Deviation
    operating_state: int  # the device's own word for it, -1 unknown

    # --- what is known

    @property
    def state(self) -> int:
        """One of gridkeel.inverter.STATES; a power flows in DRIVING alone."""

    @property
    def fault(self) -> int:
        """The gravest fault that holds now, errors.NO_FAULT or one of errors.INVERTER_..."""

    @property
    def charge_rating_w(self) -> int:
        """Largest power into the vehicle by the inverter's own word, 0 where unknown."""

    @property
    def discharge_rating_w(self) -> int:
        """Largest power out of the vehicle by the inverter's own word, 0 where unknown."""

    @property
    def power_w(self) -> int:
        """Power into the vehicle as last measured, 0 where unknown: ask measured_w or power_age."""

    @property
    def soc_pct_x100(self) -> int:
        """State of charge as last read, -1 where unknown."""

    @property
    def var(self) -> int:
        """Reactive power absorbed as last measured, 0 where unknown."""

    @property
    def temperature_c(self) -> int:
        """Temperature last read where temperature_sensor points; ask temperature_age."""

    @property
    def apparent_va(self) -> int:
        """Apparent power the inverter allows, a number past all powers where it names none."""

    @property
    def inject_max_var(self) -> int:
        """Reactive power it may inject; as apparent_va."""

    @property
    def absorb_max_var(self) -> int:
        """Reactive power it may absorb; as apparent_va."""

    @property
    def bus_errors(self) -> int:
        """Answers that did not come, were damaged or refused, so far."""

    def measured_w(self, now_ms: int) -> int:
        """Return power_w, limits.UNKNOWN where the inverter told none lately."""

    def power_age(self, now_ms: int) -> int:
        """Return the ms since power_w was measured, reading.AGE_UNKNOWN where unknown or long past."""

    def soc_age(self, now_ms: int) -> int:
        """Return the ms since soc_pct_x100 was read; as power_age."""

    def temperature_age(self, now_ms: int) -> int:
        """Return the ms since temperature_c was read; as power_age."""

    # --- what is requested, every block

    def command(self, power_w: int, now_ms: int) -> None:
        """Take the permitted power, the newest alone counts; a change to zero goes out before all else."""

    def react(self, wanted: bool, var: int, now_ms: int) -> None:
        """Take the requested reactive power; wanted: False where it is none of ours."""

    # --- the bytes of its line

    def receive(self, data: Buffer, n: int, now_ms: int) -> None:
        """Take in data[0:n]."""

    def data_to_send(self, out: bytearray, now_ms: int) -> int:
        """Put the next request into out, which holds at least 25 bytes, and return its size; 0 for none."""

    def deadline(self, now_ms: int) -> int:
        """Return the ms until on_deadline and data_to_send want to be called; 0 is now, -1 never."""

    def on_deadline(self, now_ms: int) -> None:
        """Close what ran out of time."""
