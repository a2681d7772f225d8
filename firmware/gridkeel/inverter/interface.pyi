"""InverterDriver: all that the rest of the firmware knows of an inverter.  For type checkers; no device imports it.

Powers are in W and positive into the vehicle, reactive powers in var and positive absorbed, times in ms of a wrapping
tick. Nothing allocates after construction.
"""

from array import array
from collections.abc import Callable, Sequence
from typing import Protocol

from gridkeel.inverter.modbus.rtu import Master
from gridkeel.inverter.reading import Reading

Buffer = bytearray | bytes | memoryview | array[int]
Stretches = Sequence[tuple[int, ...]]
Answers = tuple[Callable[[int], None] | None, ...]

class Deviation(Protocol):
    """Whether the inverter delivers what was commanded: following.Following."""

    @property
    def deviation_w(self) -> int:
        """Delivered less commanded, 0 while it follows."""

    @property
    def uncommanded(self) -> bool:
        """Power flows that nobody commanded."""

    @property
    def charge_w(self) -> int:
        """What it was seen to deliver, limits.NO_BOUND while it follows; discharge_w alike."""

    @property
    def discharge_w(self) -> int: ...

class Ratings(Protocol):
    """Ratings that an inverter reports: 0 W where unknown, limits.NO_BOUND where it names no bound."""

    charge_rating_w: int
    discharge_rating_w: int
    apparent_va: int
    inject_max_var: int
    absorb_max_var: int

class Readings(Protocol):
    """Values that a measurement brings besides the power."""

    var: int  # absorbed, 0 where unknown
    operating_state: int  # -1 where unknown

class InverterDriver(Protocol):
    """One inverter: command it, read what it measures, carry its bytes.

    The rules every family keeps: nothing is written before the device was identified, by two answers; nothing but zero
    until a reading has shown that it holds our zero and a lifetime for it; a setting that is not refreshed ends by the
    device's own clock; what is not known is reported as unknown and never as zero.
    """

    # --- what is known

    @property
    def following(self) -> Deviation: ...
    @property
    def operating_state(self) -> int:
        """The device's own word for its state, -1 unknown."""

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
        """Return power_w, limits.UNKNOWN where it did not report it lately."""

    def power_age(self, now_ms: int) -> int:
        """Return the ms since power_w was measured, reading.AGE_UNKNOWN where unknown or long past."""

    def soc_age(self, now_ms: int) -> int:
        """Return the ms since soc_pct_x100 was read; as power_age."""

    def temperature_age(self, now_ms: int) -> int:
        """Return the ms since temperature_c was read; as power_age."""

    @property
    def dc_mv(self) -> int:
        """Voltage at the battery's DC port last read; ask direct_age."""

    @property
    def dc_ma(self) -> int:
        """Current there, positive into the battery; ask direct_age."""

    def direct_age(self, now_ms: int) -> int:
        """Return the ms since dc_mv and dc_ma were read; as power_age."""

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

# --- what driver.RegisterDriver is made of, for a family that is read and set by Modbus registers

class Reads(Protocol):
    """A stretch of registers that is read."""

    address: int
    count: int

class Discovery(Reads, Protocol):
    """The questions by which a family is found; how each answer leaves it is one of search.WORKING, COMPLETE ..."""

    lead: int  # registers before the stretch that are read too
    wait_ms: int  # until the next question
    heard: bool  # something was answered

    def start(self) -> None: ...
    def take(self, master: Master) -> int:
        """Take an answer, refuse a Modbus exception, miss a silence."""

    def refuse(self, exception: int) -> int: ...
    def miss(self) -> int: ...
    def doubt(self) -> int:
        """Ask later for what was refused: WORKING; SETTLED where nothing was."""

    def sure(self) -> bool:
        """Say whether no stray answer can have hidden what matters."""

class Scales(Protocol):
    """Scale factors and ratings that are read again while the device is driven, as they may move."""

    def renew(self, again: bool) -> bool:
        """Go on to the next of it, to the first where `again`; False where there is none."""

    def ask(self, master: Master, out: bytearray, now_ms: int) -> int:
        """Put the read of it into out; return its size."""

    def update(self, master: Master) -> bool:
        """Take the answer; return whether it moved, and two readings say so."""

    def retry(self) -> bool:
        """It was refused; return whether it must be read all the same."""

class Holding(Reads, Protocol):
    """Registers that are held: control.Control says what each of these means."""

    steps: int
    renewing: int
    held_s: int
    life_s: int
    pause_ms: int
    confirmed: bool
    def forget(self) -> None:
        """Another setting is about to be written: no reading has shown it."""

    def renew(self) -> None: ...
    def set_reversion(self, reversion_s: int) -> None: ...
    def write_setting(self, master: Master, out: bytearray, now_ms: int) -> int: ...
    def write_step(self, master: Master, out: bytearray, step: int, now_ms: int) -> int: ...
    def check(self, master: Master, settled: bool) -> int: ...
    def retry(self, now_ms: int) -> bool: ...
    def rests(self, now_ms: int) -> bool: ...

class RegisterControl(Holding, Protocol):
    """Those of the power."""

    commanded_w: int

    def encode(self, power_w: int) -> None:
        """Put a power into the setting; commanded_w is what it became by scale and limits."""

    def accept(self, master: Master) -> None:
        """Count with what the inverter holds in place of our setting."""

class RegisterVarControl(Holding, Protocol):
    """Those of the reactive power."""

    commanded_var: int

    def encode(self, var: int, enabled: int, reactive_first: int) -> None: ...

class RegisterMeasure(Reads, Protocol):
    def take(self, master: Master, readings: Readings) -> int:
        """Put what was read into the readings; return the power into the vehicle, limits.UNKNOWN where it is none."""

class RegisterStorage(Reads, Protocol):
    def take(self, master: Master, soc: Reading, now_ms: int) -> None:
        """Take the state of charge, in 0.01 %, -1 where it is none."""

class RegisterTemperature(Reads, Protocol):
    def read_c(self, master: Master, at_sink: bool) -> int: ...

class RegisterDirect(Reads, Protocol):
    mv: int
    ma: int

    def take(self, master: Master, power_w: int) -> bool:
        """Take voltage and current of the battery, which has the sign of power_w; return whether they are known."""

class RegisterDevice(Protocol):
    """A family of such inverters; a part is None where the device has none."""

    @property
    def found(self) -> Discovery: ...
    @property
    def scales(self) -> Scales | None: ...
    @property
    def control(self) -> RegisterControl | None: ...
    @property
    def measure(self) -> RegisterMeasure | None: ...
    @property
    def storage(self) -> RegisterStorage | None: ...
    @property
    def temperature(self) -> RegisterTemperature | None: ...
    @property
    def direct(self) -> RegisterDirect | None: ...
    @property
    def var_control(self) -> RegisterVarControl | None: ...
    def forget(self) -> None:
        """Begin a new discovery."""

    def place_early(self) -> bool:
        """Make control what is surely right in mid-discovery, good for writing zero; False for nothing."""

    def bind(self, most_w: int, most_var: int, ratings: Ratings) -> bool:
        """Make the parts of what was found and put in the ratings; False where it cannot be driven."""

    def identity(self) -> tuple[str, str, str, str]:
        """Return (manufacturer, model, version, serial number), each "" until it was read.  Allocates."""
