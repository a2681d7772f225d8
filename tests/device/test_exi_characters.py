"""Characters of EXI strings at every bound of UTF-8 and of XML, both ways."""

from gridkeel.errors import ExiError
from gridkeel.v2g.exi.reader import BitReader, is_character
from gridkeel.v2g.exi.value_writer import write_characters
from gridkeel.v2g.exi.writer import BitWriter

FIRST_AND_LAST = (0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFD, 0x10000, 0x10FFFF)
CONTROLS = (9, 10, 13)
NONE = (0, 8, 11, 12, 14, 0x1F, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x110000)


def written(text):
    out = bytearray(1024)
    bits = BitWriter(out, 0)
    write_characters(bits, text)
    return out, bits.finish()


def there_and_back(text):
    out, end = written(text)
    bits = BitReader(out, 0, end)
    read = bits.characters(bits.unsigned(3) - 2)
    bits.finish()
    return read


def test_xml_knows_these_characters_and_no_others():
    for code in FIRST_AND_LAST + CONTROLS:
        assert is_character(code), code
    for code in NONE:
        assert not is_character(code), code


def test_every_character_at_a_bound_comes_back_alone_and_among_others():
    for code in FIRST_AND_LAST + CONTROLS:
        for text in (chr(code), "a" + chr(code), chr(code) + "a", chr(code) * 3, "a" * 70 + chr(code) + "b" * 70):
            assert there_and_back(text) == text, code


def test_plain_text_is_one_octet_a_character():
    for text in ("", " ", "EVCC", " " * 130, "~" * 64):
        out, end = written(text)
        assert end == len(text) + (1 if len(text) + 2 < 0x80 else 2)
        assert there_and_back(text) == text


def test_what_is_no_character_is_refused_both_ways():
    for code in (0, 8, 0x1F, 0xFFFE):
        try:
            written(chr(code))
        except ExiError:
            pass
        else:
            raise AssertionError("written: %d" % code)
    for code in NONE:
        out = bytearray(16)
        bits = BitWriter(out, 0)
        bits.unsigned(code)
        end = bits.finish()
        try:
            BitReader(out, 0, end).characters(1)
        except ExiError:
            pass
        else:
            raise AssertionError("read: %d" % code)


def test_a_string_longer_than_what_is_left_is_refused_before_a_character_is_read():
    bits = BitReader(b"abc", 0, 3)
    try:
        bits.characters(4)
    except ExiError:
        assert bits.left() == 0
    else:
        raise AssertionError("taken")
    assert BitReader(b"abc", 0, 3).characters(3) == "abc"
