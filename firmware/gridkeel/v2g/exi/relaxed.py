"""An element whose name has more than one type in the schema, as a fragment: attributes and text.

The grammar of such a one takes every attribute, element and text of the schema, in any order (EXI 8.5.3); elements in
it are refused here.  The one name of the kind is ISO 15118-2's eMAID, which a signature of the contract's installation
covers.
"""

from gridkeel import TYPE_CHECKING
from gridkeel.v2g.exi.schema import ATTRIBUTE, COMPLEX, ELEMENT, PRODUCTION_SIZE, STRING, TYPE_SIZE, width
from gridkeel.v2g.exi.value_reader import read
from gridkeel.v2g.exi.value_writer import write

if TYPE_CHECKING:
    from gridkeel.protocols import ExiValue
    from gridkeel.v2g.exi.reader import BitReader
    from gridkeel.v2g.exi.schema import Schema
    from gridkeel.v2g.exi.writer import BitWriter

_ANY_STRING = bytes((STRING, 0, 0, 0))


def _codes(schema, in_content):
    """Return (end, text) event codes: attributes, any, elements, any, end, text; behind text no attributes."""
    end = schema.elements + 1 + (0 if in_content else schema.attributes + 1)
    return end, end + 1


def read_element(bits: "BitReader", schema: "Schema", at: int) -> "dict[str, ExiValue]":
    """Return {attribute: value, "": text} of the element whose name's record is at `at`.  Errors: ExiError."""
    value: dict = {}
    in_content = False
    while True:
        end, text = _codes(schema, in_content)
        code = bits.take(width(text + 1))
        if code == end:
            return value
        if code == text and not in_content:
            value[""] = read(bits, _ANY_STRING, 0)
            in_content = True
        elif code < schema.attributes and not in_content:
            record = _attribute_at(schema, code)
            name = schema.name(record)
            if name in value or _attribute_of(bits, schema, at, name) != code:
                raise bits.error("attribute %s twice, or of another namespace" % name)
            value[name] = read(bits, schema.data, schema.types + TYPE_SIZE * schema.data[record + 1])
        else:
            raise bits.error("an element of more than one type with anything but attributes and text: not supported")


def write_element(bits: "BitWriter", schema: "Schema", at: int, value: "ExiValue") -> None:
    """Write the content of the element whose name's record is at `at`: a str, or {attribute: value, "": text}."""
    text = value
    if isinstance(value, dict):
        text = value.get("")
        for code, name in sorted([(_attribute_of(bits, schema, at, name), name) for name in value if name]):
            bits.put(code, width(_codes(schema, False)[1] + 1))
            place = schema.types + TYPE_SIZE * schema.data[_attribute_at(schema, code) + 1]
            write(bits, schema.data, place, value[name])
    if text is not None:
        bits.put(_codes(schema, False)[1], width(_codes(schema, False)[1] + 1))
        write(bits, _ANY_STRING, 0, text)
    end, last = _codes(schema, text is not None)
    bits.put(end, width(last + 1))


def _attribute_at(schema, code):
    at = schema.attribute_names
    for _ in range(code):
        at += 2 + schema.data[at]
    return at


def _attribute_of(bits, schema, at, name):
    """Return the event code of the attribute that an element of this name has under this local name."""
    data = schema.data
    for production in range(schema.productions, schema.element_names, PRODUCTION_SIZE):
        place = schema.types + TYPE_SIZE * data[production + 2]
        if data[production] << 8 | data[production + 1] == ELEMENT << 14 | at and data[place] & 15 == COMPLEX:
            found = _in_type(schema, place, name)
            if found:
                return _code_of(schema, found)
    raise bits.error("no attribute %s in any element of this name" % name)


def _in_type(schema, place, name):
    data = schema.data
    first = data[place + 2] << 8 | data[place + 3]
    for index in range(first, first + data[place + 1]):
        at = schema.productions + PRODUCTION_SIZE * index
        record = (data[at] & 0x3F) << 8 | data[at + 1]
        if data[at] >> 6 == ATTRIBUTE and schema.name(record) == name:
            return record
    return 0


def _code_of(schema, record):
    at, code = schema.attribute_names, 0
    while at != record:
        at += 2 + schema.data[at]
        code += 1
    return code
