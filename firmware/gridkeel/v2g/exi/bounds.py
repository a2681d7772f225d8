"""Bounds of the codec: what is larger is refused with an ExiError, whatever the schema would allow."""

MESSAGE_BYTES = 16384  # one EXI body; the longest of -2 that an EV sends takes some 6 kB
DEPTH = 16  # elements open at a time; the deepest of the schemas has 11
STRING_CHARACTERS = 1024  # a string, unless its type says less
BINARY_BYTES = 4096  # hexBinary and base64Binary, unless the type says less
INTEGER_OCTETS = 40  # seven bits each, where the type has no range: a certificate's serial number takes 23
OCCURRENCES = 64  # of an element, where the schema says unbounded
# Octets behind a document. EXI ends at its last event; EVs were seen to send one 00 more, and what pads to words of 32
# bits adds up to four. More is no padding: eight are most of a short message that was read under the wrong schema.
TRAILING_BYTES = 4

# What one decoded message may take of the heap, as the 64-bit port counts; a 32-bit board needs about half.
DECODED_BYTES = 65536
# The share of each kind of value: an object with its place in a dict or list, and what growing leaves behind.
VALUE_BYTES = 96
CONTAINER_BYTES = 160

EVENTS_A_STEP = 32  # of a sliced decode or encode, at most; a slow clock has fewer (slices.py)
EVENT_CYCLES = 100000
