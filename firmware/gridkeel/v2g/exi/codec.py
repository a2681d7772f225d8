"""Bodies to values and back: whole, or in slices."""

from gridkeel import TYPE_CHECKING, slices
from gridkeel.v2g.exi import bounds
from gridkeel.v2g.exi.decoder import Decoder
from gridkeel.v2g.exi.encoder import Encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from gridkeel.protocols import Buffer, ExiValue, WritableBuffer
    from gridkeel.v2g.exi.schema import Schema


def decode_steps(
    schema: "Schema",
    buffer: "Buffer",
    start: int,
    end: int,
    fragment: bool = False,
    report: "Callable[[int], None] | None" = None,
) -> "Generator[None, None, tuple[str, ExiValue]]":
    """Decode as `decode` does, in a generator that yields after every few events and returns (name, value).

    report(count): is called where a document has octets behind its end, as many as bounds.py allows.
    """
    decoder = Decoder(schema, buffer, start, end)
    name = decoder.open(fragment)
    while decoder.run(_events_a_step()):
        yield
    value = decoder.close()
    if report and decoder.trailing:
        report(decoder.trailing)
    return name, value


def decode(schema: "Schema", buffer: "Buffer", start: int, end: int) -> "tuple[str, ExiValue]":
    """Return (root's name, value) of the EXI document in buffer[start:end].

    Up to bounds.TRAILING_BYTES octets behind the document are passed over, whatever they are.

    Errors: ExiError, which says what is wrong and at which byte: not of the schema, cut short, more bytes behind it, an
    event that is not supported, or past a bound of exi/bounds.py.
    """
    return _whole(decode_steps(schema, buffer, start, end))


def decode_fragment(schema: "Schema", buffer: "Buffer", start: int, end: int) -> "tuple[str, ExiValue]":
    """Return (element's name, value) of the EXI fragment in buffer[start:end], one element and nothing behind it.

    Errors: ExiError.
    """
    return _whole(decode_steps(schema, buffer, start, end, True))


def encode_steps(
    schema: "Schema", name: str, value: "ExiValue", out: "WritableBuffer", start: int, fragment: bool = False
) -> "Generator[None, None, int]":
    """Encode as `encode` does, in a generator that yields after every few events and returns the end."""
    encoder = Encoder(schema, out, start)
    encoder.open(name, value, fragment)
    while encoder.run(_events_a_step()):
        yield
    return encoder.close()


def encode(schema: "Schema", name: str, value: "ExiValue", out: "WritableBuffer", start: int) -> int:
    """Write the EXI document of one value into `out` from `start` on; return the position after it.

    Errors: ExiError, which says what is wrong, in which element and at which byte: the value is not of the schema, past
    a bound of exi/bounds.py, or longer than `out`.
    """
    return _whole(encode_steps(schema, name, value, out, start))


def encode_fragment(schema: "Schema", name: str, value: "ExiValue", out: "WritableBuffer", start: int) -> int:
    """Write the EXI fragment of one element, as signatures cover it; return the position after it.

    Errors: ExiError, as of `encode`.
    """
    return _whole(encode_steps(schema, name, value, out, start, True))


def _events_a_step():
    return slices.units(bounds.EVENT_CYCLES, bounds.EVENTS_A_STEP)


def _whole(steps):
    """Run sliced work to its end in one go; return its result."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value
