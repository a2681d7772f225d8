"""The EXI codec's bounds, to the last byte that is taken and the first that is not."""

from exi_schemas import schema
from exi_values import message, octets

from gridkeel.errors import ExiError
from gridkeel.v2g import exi
from gridkeel.v2g.exi import bounds, relaxed, value_reader
from gridkeel.v2g.exi.budget import Budget
from gridkeel.v2g.exi.grammar import Position
from gridkeel.v2g.exi.reader import BitReader
from gridkeel.v2g.exi.schema import BINARY, HEADER, SIGNED, STRING, width
from gridkeel.v2g.exi.writer import BitWriter


def refused(work, *words):
    try:
        work()
    except ExiError as error:
        for word in words:
            assert word in str(error), (word, str(error))
        return
    raise AssertionError(("not refused", words))


def written(write, size=600):
    """Return what `write` wrote with a BitWriter."""
    out = bytearray(size)
    writer = BitWriter(out, 0)
    write(writer)
    return bytes(out[: writer.finish()])


def test_the_bounds_are_those_of_the_page():
    # docs/exi.md names them
    assert (bounds.MESSAGE_BYTES, bounds.DEPTH, bounds.OCCURRENCES) == (16384, 16, 64)
    assert bounds.TRAILING_BYTES == 4
    assert (bounds.STRING_CHARACTERS, bounds.BINARY_BYTES, bounds.INTEGER_OCTETS) == (1024, 4096, 40)
    assert (bounds.DECODED_BYTES, bounds.VALUE_BYTES, bounds.CONTAINER_BYTES) == (65536, 96, 160)


def test_the_longest_body_is_taken_and_one_byte_more_refused():
    BitReader(bytes(bounds.MESSAGE_BYTES), 0, bounds.MESSAGE_BYTES)
    refused(lambda: BitReader(bytes(bounds.MESSAGE_BYTES + 1), 0, bounds.MESSAGE_BYTES + 1), "16385 bytes")


def test_no_bit_is_read_behind_the_end():
    for before in range(9):
        for bits in range(1, 17):
            reader = BitReader(b"\xff\xff\xff", 0, 1)
            reader.take(before)
            if before + bits <= 8:
                assert reader.take(bits) == (1 << bits) - 1
            else:
                refused(lambda reader=reader, bits=bits: reader.take(bits), "ends in the middle")


def test_memory_is_counted_to_the_byte():
    def fresh():
        return Budget(BitReader(b"x", 0, 1))

    budget = fresh()
    budget.spend(bounds.DECODED_BYTES)
    assert budget.left == 0
    refused(lambda: budget.spend(1), "more than 65536 bytes")
    for value, size in ((7, 96), (True, 96), (bytes(100), 196), ("abc", 99), ("\xe9", 98)):
        budget = fresh()
        budget.value(value)
        assert bounds.DECODED_BYTES - budget.left == size, value
    budget = fresh()
    budget.container()
    assert bounds.DECODED_BYTES - budget.left == 160


def test_bytes_behind_a_message_are_counted_and_bounded():
    reader = BitReader(b"xyz", 0, 3)
    reader.take(7)
    assert reader.finish(2) == 2
    refused(lambda: reader.finish(1), "2 bytes behind the end")
    out = bytearray(10)
    end = exi.encode_fragment(schema("iso2"), "EVReady", True, out, 0)
    assert exi.decode_fragment(schema("iso2"), out, 0, end) == ("EVReady", True)
    refused(lambda: exi.decode_fragment(schema("iso2"), out, 0, end + 1), "1 bytes behind the end")


def test_a_small_message_is_counted_to_the_byte():
    grammar = schema("iso2")
    out = bytearray(100)
    end = exi.encode(grammar, "V2G_Message", message("SessionStopReq", {"ChargingSession": "Pause"}), out, 0)
    # four dicts, three of them a value; an id of 8 bytes, a word of 5; five names
    size = 4 * 160 + 3 * 96 + (96 + 8) + (96 + 5) + 5 * 96
    kept = bounds.DECODED_BYTES
    try:
        bounds.DECODED_BYTES = size
        exi.decode(grammar, out, 0, end)
        bounds.DECODED_BYTES = size - 1
        refused(lambda: exi.decode(grammar, out, 0, end), "bytes of memory")
    finally:
        bounds.DECODED_BYTES = kept


def decoded(kind, size, write, room=8):
    """Return the value of a type without limits of its own; `write` puts it."""
    data = written(write, room)
    return value_reader.read(BitReader(data, 0, len(data)), bytes((kind, size, 0, 0)), 0)


def test_strings_without_a_limit_of_their_own_have_the_codec_s():
    for count in (1024, 1025):
        text = b"x" * count

        def write(writer, text=text):
            writer.unsigned(len(text) + 2)
            writer.octets(text)

        if count == 1024:
            assert len(decoded(STRING, 0, write, 1100)) == 1024
        else:
            refused(lambda write=write: decoded(STRING, 0, write, 1100), "1025 characters, 0..1024 are taken")


def test_binaries_without_a_limit_of_their_own_have_the_codec_s():
    for count in (4096, 4097):
        data = bytes(count)

        def write(writer, data=data):
            writer.unsigned(len(data))
            writer.octets(data)

        if count == 4096:
            assert len(decoded(BINARY, 0, write, 4200)) == 4096
        else:
            refused(lambda write=write: decoded(BINARY, 0, write, 4200), "4097 bytes, 0..4096 are taken")


def test_signed_numbers_keep_to_16_bits():
    for negative, magnitude, value in (
        (0, 32767, 32767),
        (1, 32767, -32768),
        (0, 0, 0),
        (1, 0, -1),
        (0, 32768, None),
        (1, 32768, None),
    ):

        def write(writer, negative=negative, magnitude=magnitude):
            writer.put(negative, 1)
            writer.unsigned(magnitude)

        if value is None:
            refused(lambda write=write: decoded(SIGNED, 16, write), "-32768..32767 are taken")
        else:
            assert decoded(SIGNED, 16, write) == value


def test_16_elements_may_be_open():
    position = Position(schema("iso2"), BitReader(b"x", 0, 1))
    for _ in range(bounds.DEPTH - 1):
        position.push(None)
    refused(lambda: position.push(None), "more than 16 elements open")
    assert len(position.open) == bounds.DEPTH - 1


def test_octets_stay_in_their_buffer():
    for shift in (0, 3):
        for size in (3, 4, 5):
            out = bytearray(4)
            writer = BitWriter(out, 0)
            writer.put(0, shift)
            if size <= 4:
                writer.octets(octets(size, 1))
            else:
                refused(lambda writer=writer, size=size: writer.octets(octets(size, 1)), "longer than the buffer's 4")
            assert len(out) == 4


def fragment(grammar, name, write):
    """Return a fragment of one element: header, its code, what `write` puts."""
    code = grammar.find(name, False)[0]

    def whole(writer):
        writer.put(HEADER, 8)
        writer.put(code, width(grammar.elements + 1))
        write(writer)

    return written(whole)


def test_a_fragment_ends_with_its_own_code():
    grammar = schema("iso2")
    codes = width(grammar.elements + 1)
    for code, good in ((grammar.elements + 1, True), (grammar.elements, False), (0, False)):

        def write(writer, code=code):
            writer.put(0b010, 3)  # EVReady is true, and ends
            writer.put(code, codes)

        data = fragment(grammar, "EVReady", write)
        if good:
            assert exi.decode_fragment(grammar, data, 0, len(data)) == ("EVReady", True)
        else:
            refused(lambda data=data: exi.decode_fragment(grammar, data, 0, len(data)), "more than one element")


def test_text_in_a_mixed_element_does_not_end_it():
    # KeyInfo is mixed and wants an element: Id, eight elements, any, text
    grammar = schema("xmldsig")
    position = Position(grammar, BitReader(b"x", 0, 1))
    position.begin(position.place(grammar.data[grammar.find("KeyInfo", True)[1] + 1]))
    known = position.known()

    def write(writer):
        writer.put(HEADER, 8)
        writer.put(grammar.find("KeyInfo", True)[0], width(grammar.globals))
        writer.put(known - 1, width(known))
        writer.put(0, 16)

    data = written(write)
    refused(lambda: exi.decode(grammar, data, 0, len(data)), "text between elements")


def emaid_with(*attributes):
    """Return an eMAID as a fragment with these (attribute code, text)."""
    grammar = schema("iso2")
    last = grammar.elements + grammar.attributes + 3

    def write(writer):
        for code, text in attributes:
            writer.put(code, width(last))
            writer.unsigned(len(text) + 2)
            writer.octets(text)
        writer.put(last - 1, width(last))
        writer.put(grammar.elements + 1, width(grammar.elements + 1))

    return fragment(grammar, "eMAID", write)


def attribute(name, element="eMAID"):
    grammar = schema("iso2")
    return relaxed._attribute_of(BitReader(b"x", 0, 1), grammar, grammar.find(element, False)[1], name)


def test_attributes_of_an_element_of_two_types_are_those_of_the_type_in_its_place():
    grammar = schema("iso2")
    known = attribute("Id")
    data = emaid_with((known, b"id1"))
    assert exi.decode_fragment(grammar, data, 0, len(data))[1]["Id"] == "id1"
    other = [code for code in range(grammar.attributes) if code != known]
    for attributes, words in (
        (((known, b"id1"), (known, b"id2")), "attribute Id twice"),
        (((other[0], b"x"),), "attribute"),
        (((other[-1], b"x"),), "attribute"),
        (((grammar.attributes, b"x"),), "not supported"),
        (((grammar.attributes + 1, b"x"),), "not supported"),
    ):
        data = emaid_with(*attributes)
        refused(lambda data=data: exi.decode_fragment(grammar, data, 0, len(data)), words)
