"""A chip as its MicroPython API shows it: pins, serial lines, PWM, ADC, watchdog, on a clock of its own.

Every call is held against the stubs' signatures, and what it does against the chip: which pin can do what and who has
it, what fits a buffer, what a watchdog allows. `Model.finish` tells what only shows at the end.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from contract import ContractError, Signatures

FREE = "free"


class Model:
    """One chip.  contactor: pin whose level is watched; allowed: whether the board was told to close it."""

    port = ""
    clock_hz = 0
    watchdog_ms = (1, 0)
    most_pin = 0

    def __init__(self, contactor: int, machine_name: str) -> None:
        self.signatures = Signatures(self.port)
        self.now_us = 0
        self.turns: list[int] = []  # when the board gave others a turn without a wait
        self.frequency = self.clock_hz
        self.machine_name = machine_name
        self.contactor = contactor
        self.allowed = False
        self.owner: dict[int, str] = {}
        self.level: dict[int, int] = {}
        self.inputs: dict[int, int] = {}
        self.changes: list[tuple[int, int, int]] = []  # time, pin, level
        self.uarts: dict[int, Any] = {}
        self.pwms: dict[int, Any] = {}
        self.fed_us: int | None = None
        self.timeout_us = 0
        self.first_pin: int | None = None
        self.pilot_mv: Callable[[int], int] = lambda now_us: 12000
        self.mains_counts: Callable[[int], int] = lambda now_us: 2048

    # --- time

    def advance(self, us: int) -> None:
        self.now_us += us
        if self.fed_us is not None and self.now_us - self.fed_us > self.timeout_us:
            raise ContractError("the watchdog bit: it was not fed in time")

    # --- pins

    def claim(self, pin: int, who: str) -> None:
        before = self.owner.get(pin, FREE)
        if before not in (FREE, "GPIO", who):
            raise ContractError(f"pin {pin} belongs to {before}, and {who} takes it")
        if before == "GPIO" and pin == self.contactor and who != "GPIO":
            raise ContractError("the contactor's pin is given to " + who)
        self.owner[pin] = who

    def has_pin(self, pin: Any) -> bool:
        return isinstance(pin, int) and 0 <= pin <= self.most_pin

    def drive(self, pin: int, level: int) -> None:
        if level != self.level.get(pin):
            self.changes.append((self.now_us, pin, level))
        self.level[pin] = level
        if pin == self.contactor and level and not self.allowed:
            raise ContractError("the contactor's pin is high, and nobody called energise(True)")

    def finish(self) -> None:
        """Errors: ContractError for what was left undone."""
        if self.fed_us is None:
            raise ContractError("the watchdog was never started")
        if self.level.get(self.contactor) != 0:
            raise ContractError("the contactor's pin is not low in the end")

    # --- modules

    def checked(self, module: str, owner: str, method: str, args: tuple, kwargs: dict[str, Any]) -> None:
        self.signatures.check((module, owner, method), args, kwargs, Pin)

    def machine(self) -> types.ModuleType:
        model = self
        module = types.ModuleType("machine")

        def freq(*args: Any, **kwargs: Any) -> int | None:
            model.checked("machine", "freq", "", args, kwargs)
            if args:
                model.frequency = args[0]
                return None
            return model.frequency

        def unique_id(*args: Any, **kwargs: Any) -> bytes:
            model.checked("machine", "unique_id", "", args, kwargs)
            return model.unique

        module.freq = freq
        module.unique_id = unique_id
        for kind in (Pin, ADC, PWM, UART, WDT):
            setattr(module, kind.__name__, type(kind.__name__, (kind,), {"model": model}))
        return module

    unique = bytes.fromhex("e6614103e7452a2f")

    # what a family says of itself

    def check_uart(self, number: int, tx: int, rx: int) -> None:
        raise NotImplementedError

    def adc_pins(self) -> tuple[int, ...]:
        raise NotImplementedError


class Part:
    """A class of `machine`: its calls are checked against the stubs before they do anything."""

    model: Model
    module = "machine"

    @classmethod
    def _name(cls) -> str:
        return cls.__mro__[0].__name__

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, method in list(vars(cls).items()):
            if isinstance(method, types.FunctionType) and (name == "__init__" or not name.startswith("_")):
                setattr(cls, name, _guarded(name, method))

    def __getattr__(self, name: str) -> Any:
        raise ContractError(f"{self.module}.{self._name()} has no {name} that the model knows")


def _guarded(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Part, *args: Any, **kwargs: Any) -> Any:
        self.model.checked(self.module, self._name(), name, args, kwargs)
        return method(self, *args, **kwargs)

    return call


def number_of(pin: Any) -> int:
    return pin._number if isinstance(pin, Pin) else pin


class Pin(Part):
    IN, OUT, PULL_UP, PULL_DOWN = 0, 1, 1, 2

    def __init__(self, id: Any, mode: int = -1, pull: int = -1, *, value: Any = None, drive=None, alt=None) -> None:  # noqa: A002
        self._number = number = number_of(id)
        model = self.model
        if not model.has_pin(number):
            raise ContractError(f"there is no pin {number!r}")
        if model.first_pin is None:
            model.first_pin = number
            if number != model.contactor or mode != self.OUT or value != 0:
                raise ContractError("the first thing a board does is not to drive the contactor's pin low")
        self._mode = mode
        if mode == -1:
            return
        if mode == self.OUT and value == 0 and model.owner.get(number) == "PWM":
            model.owner[number] = "GPIO"  # a failed start takes the pilot back
        model.claim(number, "GPIO")
        if mode == self.OUT:
            if value is None:
                raise ContractError(f"pin {number} becomes an output at a level nobody stated")
            model.drive(number, int(bool(value)))

    def value(self, *args: Any) -> int | None:
        model = self.model
        if not args:
            return model.inputs.get(self._number, 1)
        if self._mode != self.OUT:
            raise ContractError(f"pin {self._number} is driven and is no output")
        if model.owner.get(self._number) != "GPIO":
            raise ContractError(f"pin {self._number} is driven, and belongs to {model.owner.get(self._number)}")
        model.drive(self._number, int(bool(args[0])))
        return None


class ADC(Part):
    ATTN_11DB = 3

    def __init__(self, id: Any, *, atten: int | None = None) -> None:  # noqa: A002
        self._number = number = number_of(id)
        if number not in self.model.adc_pins():
            raise ContractError(f"pin {number} has no ADC")
        self.model.claim(number, "ADC")

    def read_u16(self) -> int:
        self.model.advance(40)
        return self.model.analog(self._number)


class PWM(Part):
    def __init__(self, dest: Any, *, freq: int = 0, duty_u16: int | None = None, duty_ns=None, invert=False) -> None:
        self._number = number_of(dest)
        self.model.claim(self._number, "PWM")
        if duty_u16 is None:
            raise ContractError("a PWM starts with a duty that nobody stated")
        if not 995 <= freq <= 1005:
            raise ContractError(f"the pilot's PWM runs at {freq} Hz: IEC 61851-1 allows 1 kHz +-0.5 %")
        self.model.pwms[self._number] = self
        self._set(duty_u16)

    def _set(self, duty: int) -> None:
        if not 0 <= duty <= 65535:
            raise ContractError(f"a duty of {duty} is none of 0..65535")
        self._duty = duty

    def duty_u16(self, *args: int) -> int | None:
        if not args:
            return self._duty
        self._set(args[0])
        return None


class WDT(Part):
    def __init__(self, *, id: int = 0, timeout: int = 5000) -> None:  # noqa: A002
        low, high = self.model.watchdog_ms
        if not low <= timeout <= high:
            raise ContractError(f"a watchdog of {timeout} ms: this chip takes {low}..{high}")
        if self.model.fed_us is not None:
            raise ContractError("the watchdog is started a second time")
        self.model.timeout_us = timeout * 1000
        self.model.fed_us = self.model.now_us

    def feed(self) -> None:
        self.model.fed_us = self.model.now_us


class UART(Part):
    """One line: frames that were written, and what arrives."""

    def __init__(
        self,
        id: int,  # noqa: A002
        baudrate: int,
        bits: int,
        parity: int | None,
        stop: int,
        *,
        tx: Any,
        rx: Any,
        txbuf: int = 256,
        rxbuf: int = 256,
        timeout: int = 0,
        timeout_char: int = 0,
    ) -> None:
        model = self.model
        self._id = id
        tx, rx = number_of(tx), number_of(rx)
        model.check_uart(id, tx, rx)
        model.claim(tx, f"UART{id}")
        model.claim(rx, f"UART{id}")
        if not 300 <= baudrate <= 1000000 or bits != 8 or parity not in (None, 0, 1) or stop not in (1, 2):
            raise ContractError(f"UART({id}) at {baudrate} Bd, {bits} bits, parity {parity}, {stop} stop bits")
        if timeout or timeout_char:
            raise ContractError("a UART that waits holds the control loop up")
        self._open = True
        self._tx = tx
        self._txbuf, self._rxbuf = txbuf, rxbuf
        self._bit_us = 1e6 / baudrate
        self._bits = 1 + 8 + (parity is not None) + stop
        self._busy_until = 0.0
        self._waiting = bytearray()
        self._frames: list[tuple[float, float, bytes]] = []  # begin, end, octets
        self._format = (baudrate, parity, stop)
        model.uarts[id] = self

    def _alive(self) -> None:
        if not self._open:
            raise ContractError(f"UART({self._id}) is used after deinit")

    def write(self, data: Any, n: int | None = None) -> int:
        self._alive()
        model = self.model
        octets = bytes(memoryview(data).cast("B")[: len(data) if n is None else n])
        begin = max(float(model.now_us), self._busy_until)
        unsent = (begin - model.now_us) / (self._bit_us * self._bits)
        taken = octets[: max(0, int(self._txbuf - unsent))]
        if len(taken) < len(octets):
            raise ContractError(f"UART({self._id}) was given {len(octets)} octets, and has room for {len(taken)}")
        self._busy_until = begin + len(taken) * self._bits * self._bit_us
        self._frames.append((begin, self._busy_until, taken))
        return len(taken)

    def _arrive(self, data: bytes) -> None:
        self._waiting += data

    def any(self) -> int:
        self._alive()
        return len(self._waiting)

    def readinto(self, buffer: Any, n: int | None = None) -> int | None:
        self._alive()
        n = len(buffer) if n is None else n
        if n > len(self._waiting):
            raise ContractError(f"UART({self._id}) is asked for more than there is, and waits for it")
        buffer[:n] = self._waiting[:n]
        del self._waiting[:n]
        return n or None

    def deinit(self) -> None:
        self._open = False

    def init(self, *args: Any, **kwargs: Any) -> None:
        raise ContractError("UART.init sets what it is not told to the port's defaults: open the line anew")
