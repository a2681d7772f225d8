"""Frame types, layouts and bounds: the numbers of docs/link-protocol.md, once, for both ends.

A frame is COBS(body, CRC-32 of the body, little-endian) and a zero; a body begins with its type. Little-endian, no
padding.
"""

VERSION = 1

# device to host
HELLO = 0x01
RECORD = 0x02
TABLE_PART = 0x03
ASK = 0x04
ASK_PART = 0x05
ANSWER_WANT = 0x06
UPDATE_WANT = 0x07
# host to device
QUERY = 0x11
OPEN = 0x12
ACK = 0x13
COMMAND = 0x14
TABLE_GET = 0x15
ASK_WANT = 0x16
ANSWER = 0x17
ANSWER_PART = 0x18
UPDATE_OFFER = 0x19
UPDATE_PART = 0x1A

# type, version, boot, session, table hash, table length, oldest, next, dropped; then id and firmware, length first
HELLO_HEAD = "<BBIIIHIII"
RECORD_HEAD = "<BBIH"  # type, message, sequence, held; then the row
TABLE_PART_HEAD = "<BH"  # type, offset; then the text
QUERY_LAYOUT = "<BB"  # type, version
OPEN_LAYOUT = "<BBIII"  # type, version, session, boot, acknowledged
ACK_LAYOUT = "<BII"  # type, session, acknowledged
COMMAND_HEAD = "<BIB"  # type, session, message; then the row
TABLE_GET_LAYOUT = "<BH"  # type, offset
ASK_LAYOUT = "<BHBHI"  # type, number, kind, length, CRC of the whole
ASK_PART_HEAD = "<BHH"  # type, number, offset; then the bytes
ANSWER_WANT_LAYOUT = "<BHHB"  # type, number, offset, whether what was sent from there on is lost
ASK_WANT_LAYOUT = "<BIHHB"  # type, session, number, offset, whether what was sent from there on is lost
ANSWER_LAYOUT = "<BIHBHI"  # type, session, number, result, length, CRC of the whole
ANSWER_PART_HEAD = "<BIHH"  # type, session, number, offset; then the bytes
UPDATE_OFFER_LAYOUT = "<BIHI"  # type, session, number, bytes of the stream
UPDATE_PART_HEAD = "<BIHI"  # type, session, number, offset; then the bytes
# type, number, offset, whether what was sent from there on is lost, whether it is over, how it ended
UPDATE_WANT_LAYOUT = "<BHIBBB"

CRC_SIZE = 4
BODY_MAX = 124  # the longest telemetry row with room to grow, and far under the 254 where COBS gets a second case
FRAME_MAX = BODY_MAX + CRC_SIZE
ENCODED_MAX = FRAME_MAX + 1  # one code byte while the frame is under 254
WIRE_MAX = ENCODED_MAX + 2  # a zero before it (HELLO only) and one after it
RECORD_HEAD_SIZE = 8
PAYLOAD_MAX = BODY_MAX - RECORD_HEAD_SIZE
TABLE_PART_MAX = 112
COMMAND_HEAD_SIZE = 6
COMMAND_PAYLOAD_MAX = 16  # the longest command row takes 10

FIRMWARE_MAX = 32

SLOTS_MAX = 4096
WINDOW = 16  # records in flight: 1.2 kB, 104 ms of a 115200 Bd line, so a host that commits in 100 ms never stalls it
COMMANDS_REMEMBERED = 16
COMMANDS_IN_FLIGHT = 8  # spread of ids a host may have unanswered; half of what the device remembers

EXCHANGE_MAX = 8192  # a contract's installation takes 4.1 kB with chains of three, 6.5 kB with every part at its bound
EXCHANGE_PART_MAX = 112
EXCHANGE_WINDOW = 16  # parts ahead of what the receiver has said it wants: 1.8 kB, 172 ms of a 115200 Bd line
EXCHANGE_REPEAT_MS = 250
EXCHANGE_LIFETIME_MS = 4000  # the EV is to have its answer after 4.5 s

UPDATE_WANT_SIZE = 10
UPDATE_PART_MAX = 112
UPDATE_REPEAT_MS = 500
UPDATE_SILENCE_MS = 30000  # of a device in a download: an erased slot and a verified signature take seconds

HELLO_MS = 1000
RETRANSMIT_MS = 250  # twice the time a full window needs on the line
RETRANSMIT_MAX_MS = 4000
SILENCE_MS = 5000
SEQUENCE_LAST = 0xFFFFFFFF
COUNT_MAX = 0x3FFFFFFF  # counters stop here: the largest integer that needs no heap on a 32-bit board
