"""Interfaces of the parts that come in several kinds.  For mypy and for readers; no device loads this file."""

from array import array
from collections.abc import Awaitable, Iterable
from typing import Any, Protocol

from gridkeel.boards.pki import Pki
from gridkeel.errors import ExiError
from gridkeel.link.ring import Ring
from gridkeel.params import Parameters

Buffer = bytes | bytearray | memoryview
WritableBuffer = bytearray | memoryview
Answer = tuple[int, dict | memoryview]  # of a phase of ISO 15118: its condition, and the response or a whole message
Holder = Any  # of an EXI element that is open: each coder lays something else aside, and takes its own back
ExiValue = int | str | bytes | dict | list  # of an element: gridkeel.v2g.exi says which type has which

class Closable(Protocol):
    """A socket or a stream."""

    def close(self) -> None: ...

class BytePort(Protocol):
    """A serial line: RS-485 to the inverter, or the host's link."""

    def write(self, data: Buffer, n: int) -> None:
        """Hand over data[:n] without waiting; what the line does not take is dropped."""

    def readinto(self, data: WritableBuffer) -> Awaitable[int]:
        """Wait for bytes and return how many came, at least one."""

class BlockSource(Protocol):
    """Blocks of mains samples from the ADC, or of stamps of its zero crossings: see Board.edges_hz."""

    @property
    def count(self) -> int:
        """Stamps in the block that was handed out last; samples fill theirs."""

    def next_block(self, block: array[int]) -> Awaitable[int]:
        """Wait until block, made by Board.block_buffer, holds the next samples; return how many blocks were lost."""

class Area(Protocol):
    """Flash outside the file system: erased by blocks, written by pages of 256 bytes, each once between two erasures.

    Offsets are from its start. An erasure holds the processor up for tens of milliseconds, a page for under 3.
    """

    @property
    def size(self) -> int: ...
    @property
    def block_bytes(self) -> int: ...
    def readinto(self, at: int, buffer: WritableBuffer) -> None:
        """Fill the buffer.  Errors: OSError; so of the others."""

    def erase(self, at: int) -> None: ...
    def write(self, at: int, page: bytearray) -> None: ...
    def map(self, at: int, n: int) -> memoryview:
        """Return bytes as they lie in the flash, where code can run."""

    def reset(self) -> None:
        """Start the board anew, so that the selector chooses."""

class ConnectorPort(Protocol):
    """Pilot, contactor feedback, RCD and DC side of a connector, by the places of evse/ports.py; neither call waits."""

    def read(self, levels: array[int]) -> None:
        """Fill levels with what was measured; what has not changed may stay."""

    def write(self, orders: array[int]) -> None:
        """Take over what is to be driven."""

class Connection(Protocol):
    """One accepted connection of a vehicle."""

    @property
    def secured(self) -> bool: ...
    @property
    def bytes_in(self) -> int: ...
    @property
    def bytes_out(self) -> int: ...
    def handshake(self) -> Awaitable[bool]:
        """Agree on TLS keys; False where that failed."""

    def readinto(self, buffer: WritableBuffer) -> Awaitable[int]:
        """Wait for bytes and return how many came, 0 where the connection is over."""

    def write(self, buffer: Buffer, n: int) -> Awaitable[bool]:
        """Send buffer[:n]; False where the connection is over."""

    def close(self) -> None: ...

class VehicleNetwork(Protocol):
    """Discovery (SDP) and the listeners for vehicles."""

    @property
    def address(self) -> bytes:
        """This end's IPv6 address, 16 bytes."""

    @property
    def tcp_port(self) -> int:
        """0 where the listener is not open; tls_port alike."""

    @property
    def tls_port(self) -> int: ...
    def sdp_request(self, buffer: WritableBuffer) -> Awaitable[int]:
        """Wait for a datagram and return its length.  Errors: OSError, and the next call opens another socket."""

    def sdp_answer(self, buffer: Buffer, n: int) -> int:
        """Send buffer[:n] to whom asked last; return 0, or the error number that this peer's address caused."""

    def accept(self, secured: bool) -> Awaitable[Connection]:
        """Wait for a connection on the TLS listener (secured) or the TCP one.  Errors: OSError, as sdp_request."""

class Board(Protocol):
    """Interface of a board file: every port of the controller.  docs/porting.md has the same list in words."""

    @property
    def device_id(self) -> bytes: ...
    @property
    def model(self) -> bytes:
        """Name of the board's pin table, as an update names it; chip: of `gridkeel firmware boards`."""

    @property
    def chip(self) -> bytes: ...
    @property
    def boot_id(self) -> int: ...
    @property
    def rs485(self) -> BytePort: ...
    @property
    def host(self) -> BytePort: ...
    @property
    def mains(self) -> BlockSource: ...
    @property
    def connector(self) -> ConnectorPort | None: ...
    @property
    def has_vehicle_network(self) -> bool: ...
    @property
    def clock_hz(self) -> int: ...
    @property
    def slice_ms(self) -> int: ...
    @property
    def probes_heap(self) -> bool: ...
    @property
    def edges_hz(self) -> int:
        """0 where mains are sampled; else ticks a second of the stamps of zero crossings in its blocks."""

    def check(self, parameters: Parameters) -> None:
        """Refuse parameters that this board cannot follow.  Errors: ParameterError."""

    def begin(self, parameters: Parameters) -> None:
        """Take rates and times from the parameters in force: called once, before any port is used."""

    def ticks_ms(self) -> int: ...
    def ticks_us(self) -> int: ...
    def block_buffer(self, n: int) -> array[int]: ...
    def energise(self, on: bool) -> None: ...
    def feed_watchdog(self) -> None: ...
    def open_area(self) -> Area | None: ...
    def load(self, name: str, most: int) -> bytes | None: ...
    def save(self, name: str, lines: Iterable[str]) -> None: ...
    def load_pki(self, mutual: bool) -> Pki: ...
    def vehicle_network(self, pki: Pki, plain: bool, secured: bool) -> VehicleNetwork | None: ...
    def random(self, n: int) -> bytes: ...

class Mains(Protocol):
    """An estimate of the mains: sensing.frequency from samples, sensing.edges from stamped zero crossings."""

    @property
    def SAMPLED(self) -> bool:  # noqa: N802 - a constant of the class
        """Whether its clock is that of the blocks, so that `trim` may correct it."""

    @property
    def nominal_uhz(self) -> int: ...
    @property
    def freq_uhz(self) -> int: ...
    @property
    def freq_short_uhz(self) -> int: ...
    @property
    def rocof_mhz_s(self) -> int: ...
    @property
    def rocof_long_mhz_s(self) -> int: ...
    @property
    def report_uhz(self) -> int: ...
    @property
    def report_mhz_s(self) -> int: ...
    @property
    def voltage_mv(self) -> int: ...
    @property
    def cycle_mv(self) -> int: ...
    @property
    def quality(self) -> int: ...
    def trim(self, ppm: int) -> None:
        """Correct the frequency by so much more than sample_clock_ppm.  Asked where SAMPLED alone."""

    def update(self, samples: array[int], n: int) -> bool: ...
    def report(self) -> int: ...
    def block_lost(self) -> None: ...

class InverterReadings(Protocol):
    """Readings that envelope and charger need of an inverter."""

    @property
    def charge_rating_w(self) -> int: ...
    @property
    def discharge_rating_w(self) -> int: ...
    @property
    def soc_pct_x100(self) -> int:
        """-1 while unknown."""

    @property
    def power_w(self) -> int:
        """As measured last, positive into the vehicle."""

class ReactiveRatings(Protocol):
    """Ratings that reactive power needs of an inverter; limits.NO_BOUND where it says nothing."""

    @property
    def apparent_va(self) -> int: ...
    @property
    def inject_max_var(self) -> int: ...
    @property
    def absorb_max_var(self) -> int: ...

class Uptime(Protocol):
    """Source of the device's uptime."""

    @property
    def uptime_ms(self) -> int: ...

class Recorder(Protocol):
    """Who keeps records where a power cut does not reach them."""

    def record(self, message: int, sequence: int, ring: Ring) -> None:
        """A record was posted and is in the ring."""

    def acknowledged(self, sequence: int) -> None:
        """The host has all records up to sequence on disk."""

class HealthFigures(Uptime, Protocol):
    """The runtime's figures for a telemetry record."""

    @property
    def loop_gap_us(self) -> int: ...
    @property
    def loop_gap_max_us(self) -> int: ...
    @property
    def step_max_us(self) -> int: ...
    @property
    def heap_free(self) -> int: ...

class CertificateBackend(Protocol):
    """Backend for contract certificates: one question at a time, asked and answered in EXI."""

    @property
    def answer(self) -> memoryview | None:
        """The part of the room that is the answer, None where it is not there (yet)."""

    @property
    def failed(self) -> bool:
        """Whether there will be no answer."""

    def ask(self, kind: str, question: Buffer, room: WritableBuffer, now_ms: int) -> None:
        """Put a question and return at once; both buffers are left alone until it is answered or lost."""

    def lose(self) -> None:
        """Give the question up, if one is under way."""

class BitStream(Protocol):
    """A reader or writer of an EXI body, as what checks a value needs it."""

    def error(self, text: str) -> ExiError:
        """Return the error that says what is wrong, and at which byte."""
