"""The mutants of the EXI codec: its bounds, and what it refuses."""

from __future__ import annotations

from mutant import Table

EXI: Table = (
    (
        "v2g/exi/bounds.py",
        ("test_exi_bounds", "test_exi_refusals"),
        (
            ("MESSAGE_BYTES = 16384", "MESSAGE_BYTES = 163840"),
            ("DEPTH = 16", "DEPTH = 160"),
            ("STRING_CHARACTERS = 1024", "STRING_CHARACTERS = 10240"),
            ("BINARY_BYTES = 4096", "BINARY_BYTES = 40960"),
            ("INTEGER_OCTETS = 40", "INTEGER_OCTETS = 400"),
            ("OCCURRENCES = 64", "OCCURRENCES = 640"),
            ("DECODED_BYTES = 65536", "DECODED_BYTES = 655360"),
            ("VALUE_BYTES = 96", "VALUE_BYTES = 9"),
        ),
    ),
    (
        "v2g/exi/budget.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("        if self.left < 0:", "        if self.left < -1:"),
            ("        if self.left < 0:", "        if self.left <= 0:"),
            ("        self.left -= size\n", "        self.left = self.left\n"),
            ("len(value) if isinstance(value, bytes) else 0", "0"),
            ("            value = value.encode()\n", "            pass\n"),
            ("self.spend(bounds.CONTAINER_BYTES)", "pass"),
        ),
    ),
    (
        "v2g/exi/reader.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("if not 0 < size <= bounds.MESSAGE_BYTES:", "if not 0 <= size <= bounds.MESSAGE_BYTES:"),
            ("if not 0 < size <= bounds.MESSAGE_BYTES:", "if not 0 < size < bounds.MESSAGE_BYTES:"),
            ("if not 0 < size <= bounds.MESSAGE_BYTES:", "if not 0 < size:"),
            (
                "        if at + bits > self._end:\n            self._at",
                "        if at + bits > self._end + 7:\n            self._at",
            ),
            ("        if self._at > self._end:\n", "        if self._at > self._end + 1:\n"),
            ("if shift >= 7 * most_octets:", "if shift > 7 * most_octets:"),
            ("min(plain) >= 0x20 and max(plain) < 0x80", "max(plain) < 0x80"),
            ("min(plain) >= 0x20 and max(plain) < 0x80", "min(plain) >= 0x20"),
            ("        if not is_character(code):", "        if False:"),
            ("return code in (9, 10, 13)", "return True"),
            ("return code < 0xD800 or", "return code <= 0xD800 or"),
            ("0xE000 <= code < 0xFFFE", "0xDFFF <= code < 0xFFFE"),
            ("0xE000 <= code < 0xFFFE", "0xE000 <= code <= 0xFFFE"),
            ("<= 0x10FFFF", "<= 0x110000"),
            ("        if left:\n", "        if left > 1:\n"),
            (
                "self._data[:size] = memoryview(buffer)[start:end]",
                "self._data = bytearray(memoryview(buffer)[start:end]) + bytes(3) if start else buffer + bytes(3)",
            ),
        ),
    ),
    (
        "v2g/exi/value_reader.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("    if size < 0:", "    if size < -1:"),
            ("    check_characters(bits, table, place, size)\n", ""),
            ("    check_bytes(bits, table, place, size)\n", ""),
            ("    check_number(bits, index, 0, count - 1)\n", ""),
            ("    check_number(bits, value, low, low + count - 1)\n", ""),
            (
                "    check_number(bits, value, low, high)\n    return value\n\n\ndef _signed",
                "    return value\n\n\ndef _signed",
            ),
            ("        value = -value - 1\n    check_number(bits, value, low, high)\n", "        value = -value - 1\n"),
            ("value = -value - 1", "value = -value"),
            ("bits.unsigned(3) - 2", "bits.unsigned(4) - 2"),
        ),
    ),
    (
        "v2g/exi/facets.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("or bounds.STRING_CHARACTERS", "or 1 << 20"),
            ("or bounds.BINARY_BYTES", "or 1 << 20"),
            ("low - 256 if low > 127 else low", "low"),
            ("    if not low <= value <= high:", "    if not value <= high:"),
            ("    if not low <= value <= high:", "    if not low <= value:"),
            ("    if not low <= value <= high:", "    if not low <= value < high:"),
            ("(magnitude_bits + 6) // 7", "(magnitude_bits + 13) // 7"),
            ("size - 1 if kind == SIGNED else size", "size"),
            ("-highest - 1 if kind == SIGNED else low", "-highest if kind == SIGNED else low"),
        ),
    ),
    (
        "v2g/exi/grammar.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("if len(self.open) + 2 > bounds.DEPTH:", "if len(self.open) + 1 > bounds.DEPTH:"),
            ("if len(self.open) + 2 > bounds.DEPTH:", "if len(self.open) + 3 > bounds.DEPTH:"),
            ("self.occurred < most else 0", "self.occurred <= most else 0"),
            ("if index == self.current else 1", "if True else 1"),
        ),
    ),
    (
        "v2g/exi/decoder.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("        if bits.take(8) != HEADER:", "        if bits.take(8) & 0xC0 != HEADER:"),
            ("        if code >= known:", "        if code > known:"),
            ("        elif kind == NO_TYPE:", "        elif False:"),
            (
                "        if known and self._bits.take(width(known + 1)) != known + 1:",
                "        if known and self._bits.take(width(known + 1)) < known:",
            ),
            ("        self._bits.finish()\n", "        pass\n"),
            (
                '        if bits.take(1):\n            raise bits.error("a second-level event where',
                '        if bits.take(1) and False:\n            raise bits.error("a second-level event where',
            ),
            (
                '        if bits.take(1):\n            raise bits.error("a second-level event behind',
                '        if bits.take(1) and False:\n            raise bits.error("a second-level event behind',
            ),
            ("len(items) >= bounds.OCCURRENCES", "len(items) > bounds.OCCURRENCES"),
            ("        if table[at + 2] == NO_TYPE:", "        if False:"),
            ("        if code or not flags & END:", "        if code:"),
            ("            self._budget.spend(bounds.VALUE_BYTES)\n", "            pass\n"),
        ),
    ),
    (
        "v2g/exi/encoder.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("len(value) > bounds.OCCURRENCES", "len(value) > bounds.OCCURRENCES + 1"),
            ("        if not position.flags & END:", "        if False:"),
            ("        for name in self._rest:\n            raise", "        for name in ():\n            raise"),
            ("            if 0 <= code < position.count:", "            if 0 <= code <= position.count:"),
            ("or not value:\n", "or False:\n"),
            ("        if kind == NO_TYPE:", "        if False:"),
            ("        if not isinstance(value, dict):", "        if False:"),
        ),
    ),
    (
        "v2g/exi/writer.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("            if self._at >= self._end:", "            if self._at > self._end:"),
            ("        if self._at + size > self._end:", "        if self._at + size > self._end + 1:"),
            ("        while value > 0x7F:", "        while value > 0x80:"),
            ("            self.put(0, 8 - self._bits)", "            self.put(1, 8 - self._bits)"),
        ),
    ),
    (
        "v2g/exi/value_writer.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            ("(kind is int and isinstance(value, bool))", "False"),
            ("    check_characters(bits, table, place, len(value))\n", ""),
            ("    check_bytes(bits, table, place, len(value))\n", ""),
            ("        if not is_character(code):", "        if False:"),
            ("and min(octets) >= 0x20:", ":"),
            ("left = 0 if octet < 0x80 else 1", "left = 0 if octet < 0x80 else 2"),
            ("1 if octet < 0xE0 else 2", "1 if octet < 0xE0 else 3"),
            ("octet & 0x7F >> left", "octet & 0x7F"),
        ),
    ),
    (
        "v2g/exi/relaxed.py",
        ("test_exi_refusals", "test_exi_encoder", "test_exi_vectors", "test_exi_bounds"),
        (
            (
                "            if name in value or _attribute_of(bits, schema, at, name) != code:",
                "            if _attribute_of(bits, schema, at, name) != code:",
            ),
            (" or _attribute_of(bits, schema, at, name) != code:", ":"),
            (
                "        elif code < schema.attributes and not in_content:",
                "        elif code <= schema.attributes and not in_content:",
            ),
        ),
    ),
)
