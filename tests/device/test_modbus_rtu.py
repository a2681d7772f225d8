"""The RTU master on frames written out byte for byte, and on frames that are no answer."""

from array import array

from gridkeel import ticks
from gridkeel.errors import ProtocolError
from gridkeel.inverter.modbus import pdu, plain, rtu
from gridkeel.inverter.modbus.frame import crc16


def framed(*data):
    data = bytes(data)
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return data + bytes((value & 0xFF, value >> 8))


def asked(now=0, count=2, address=40000):
    """Return a master of unit 1 with a read open."""
    master = rtu.Master()
    out = bytearray(32)
    n = master.read(out, address, count, now)
    assert bytes(out[:n]) == framed(1, 3, address >> 8, address & 0xFF, 0, count)
    return master


def feed(master, data, now):
    return master.receive(data, len(data), now)


ANSWER = framed(1, 3, 4, 0x53, 0x75, 0x6E, 0x53)


def test_the_crc_is_that_of_published_frames():
    # MODBUS over Serial Line V1.02, 6.2.2 names CRC of 02 07; the others are common examples of clients' manuals.
    assert crc16(b"\x02\x07", 0, 2) == 0x1241
    assert crc16(b"\x01\x03\x00\x00\x00\x0a", 0, 6) == 0xCDC5
    assert crc16(b"123456789", 0, 9) == 0x4B37
    assert crc16(b"xx123456789yy", 2, 9) == 0x4B37
    assert crc16(b"", 0, 0) == 0xFFFF


def test_both_implementations_of_the_crc_agree():
    data = bytearray(257)
    state = 1
    for i in range(len(data)):
        state = (state * 75 + 74) % 65537
        data[i] = state & 0xFF
    for offset in (0, 1, 100, 256):
        for n in (0, 1, 2, 17, 157, 257 - offset):
            if offset + n <= len(data):
                assert crc16(data, offset, n) == plain.crc16(data, offset, n)


def test_both_implementations_put_words_where_they_are_asked_to():
    words = array("H", (0, 1, 0x8000, 0xFFFF, 0x1234))
    for put_words in (pdu.put_words, plain.put_words):
        out = bytearray(b"\x55" * 8)
        put_words(words, 1, 3, out, 1)
        assert bytes(out) == b"\x55\x00\x01\x80\x00\xff\xff\x55"
        put_words(words, 4, 1, out, 0)
        put_words(words, 0, 0, out, 7)
        assert bytes(out) == b"\x12\x34\x01\x80\x00\xff\xff\x55"


def test_a_write_is_framed_and_only_its_own_answer_taken():
    master = rtu.Master()
    out = bytearray(17)
    n = master.write(out, 0x9D71, array("H", (9, 1, 1, 0xFFFF, 0xF448)), 1, 4, 0)
    assert bytes(out[:n]) == framed(1, 16, 0x9D, 0x71, 0, 4, 8, 0, 1, 0, 1, 0xFF, 0xFF, 0xF4, 0x48)
    assert feed(master, framed(1, 16, 0x9D, 0x71, 0, 3), 1) == rtu.NOTHING  # another count
    assert feed(master, framed(1, 16, 0x9D, 0x72, 0, 4), 2) == rtu.NOTHING  # another address
    assert feed(master, framed(1, 16, 0x9D, 0x71, 0, 4), 3) == rtu.ANSWER


def test_an_answer_in_any_pieces_is_taken_once_whole():
    for size in range(1, len(ANSWER) + 1):
        master = asked()
        verdicts = [feed(master, ANSWER[at : at + size], at) for at in range(0, len(ANSWER), size)]
        assert verdicts[-1] == rtu.ANSWER and not any(verdicts[:-1])
        assert master.register(0) == 0x5375 and master.register(1) == 0x6E53
        assert master.answers == 1 and master.bad_frames == 0 and not master.open


def test_only_n_bytes_are_accepted():
    master = asked()
    assert master.receive(ANSWER, 4, 1) == rtu.NOTHING
    assert master.receive(memoryview(ANSWER)[4:], len(ANSWER) - 4, 2) == rtu.ANSWER


def test_signed_registers_are_read():
    master = asked()
    feed(master, framed(1, 3, 4, 0xFF, 0xFE, 0x80, 0), 1)
    assert master.signed(0) == -2 and master.signed(1) == -0x8000 and master.register(0) == 0xFFFE


def test_an_exception_is_taken_and_counted():
    master = asked()
    assert feed(master, framed(1, 0x83, 2), 1) == rtu.EXCEPTION
    assert master.exception == 2 and master.exceptions == 1 and not master.open


def test_foreign_frames_before_the_answer_are_dropped_and_counted():
    foreign = (
        framed(2, 3, 4, 0x53, 0x75, 0x6E, 0x53),  # another unit
        framed(1, 3, 2, 0x53, 0x75),  # another count
        framed(1, 3, 5, 0x53, 0x75, 0x6E, 0x53),  # a byte count that is not the frame's
        framed(1, 4, 4, 0x53, 0x75, 0x6E, 0x53),  # another function
        framed(1, 0x84, 2),  # an exception to another function
        ANSWER[:-1] + b"\x00",  # a wrong CRC
        ANSWER[1:],  # its first byte lost
        b"\x00\xff\x01",
        framed(1, 3, 0x9C, 0x40, 0, 2),  # our own request, echoed by the transceiver
    )
    for garbage in foreign:
        master = asked()
        assert feed(master, garbage, 1) == rtu.NOTHING
        assert feed(master, ANSWER, 1) == rtu.ANSWER, garbage
        assert master.register(0) == 0x5375
        assert master.bad_frames == 1 and master.dropped_bytes == len(garbage), garbage


def test_a_cut_answer_is_lost_but_not_the_next():
    master = asked()
    assert feed(master, ANSWER[:6], 1) == rtu.NOTHING
    assert master.expire(200)
    assert master.timeouts == 1 and master.bad_frames == 1 and master.dropped_bytes == 6
    master.read(bytearray(16), 40000, 2, 202)
    assert feed(master, ANSWER, 203) == rtu.ANSWER


def test_an_answer_too_long_is_taken_and_its_tail_dropped():
    master = asked()
    assert feed(master, ANSWER + b"\x01\x02\x03", 1) == rtu.ANSWER
    assert master.bad_frames == 1 and master.dropped_bytes == 3 and master.register(0) == 0x5375


def test_an_exception_inside_a_false_answer_is_found_and_the_rest_counted():
    master = asked()
    false = b"\x01\x03\x04" + framed(1, 0x83, 4) + b"\x07"  # as long as the answer would be
    assert feed(master, false, 1) == rtu.EXCEPTION
    assert master.exception == 4 and master.dropped_bytes == 4 and not master.open


def test_unrequested_bytes_are_discarded():
    master = rtu.Master()
    assert feed(master, ANSWER, 1) == rtu.NOTHING
    assert feed(master, ANSWER, 100) == rtu.NOTHING
    assert master.bad_frames == 2 and master.dropped_bytes == 2 * len(ANSWER)


def test_the_next_request_waits_for_a_silent_line():
    master = asked(ticks.MASK - 3)
    feed(master, ANSWER, ticks.MASK)
    assert not master.ready(ticks.MASK) and master.quiet_left(ticks.MASK) == 2
    assert not master.ready(0) and master.quiet_left(0) == 1
    assert master.ready(1)
    slow = rtu.Master()
    slow.configure(1, 200, 9600)
    feed(slow, b"\x00", 10)
    assert slow.quiet_left(10) == 5


def test_a_line_that_never_falls_silent_is_talked_over():
    master = asked(10)
    feed(master, ANSWER, 20)
    now = 20
    while not master.ready(now):
        feed(master, b"\x55", now)
        now += 1
        assert now < 300
    assert 200 <= now - 20 <= 210


def test_a_timeout_runs_over_the_wrap_of_the_tick():
    master = asked(ticks.MASK - 50)
    assert master.timeout_left(0) == 149 and not master.expire(148)
    assert master.expire(149) and not master.open and not master.expire(149)
    assert not master.ready(149) and master.ready(151)


def test_a_read_apart_has_another_length_and_passes_the_lead_over():
    master = asked()
    assert master.lead(40000, 2, 100) == 0
    master.expire(200)
    assert master.lead(40000, 2, 300) == 1 and master.lead(40000, 3, 300) == 0
    assert master.lead(0, 2, 300) == 0  # nothing lies before the first register
    out = bytearray(16)
    n = master.read(out, 40000, 2, 300, 1)
    assert bytes(out[:n]) == framed(1, 3, 0x9C, 0x3F, 0, 3)
    assert feed(master, ANSWER, 450) == rtu.NOTHING  # the late one
    assert feed(master, framed(1, 3, 6, 9, 9, 0x53, 0x75, 0x80, 0), 460) == rtu.ANSWER
    assert master.register(0) == 0x5375 and master.signed(1) == -0x8000
    assert master.lead(40000, 2, 1499) == 1 and master.lead(40000, 2, 1500) == 0


def test_after_an_unanswered_request_the_next_is_waited_for_as_long_as_an_answer_can_take():
    master = asked()
    assert master.timeout_left(0) == 200
    assert master.expire(200)
    master.read(bytearray(16), 40000, 2, 210)
    assert not master.expire(1709)
    assert master.timeout_left(410, True) == 0  # unless what comes next is urgent
    assert master.expire(1710)
    master.read(bytearray(16), 40000, 2, 1720)
    feed(master, ANSWER, 1725)
    master.read(bytearray(16), 40000, 2, 1730)
    assert master.timeout_left(1730) == 200


def test_an_answer_that_came_damaged_is_not_waited_for():
    master = asked()
    for now in (0, 210, 420):
        feed(master, ANSWER[:-1] + b"\x00", now + 5)
        assert master.timeout_left(now) == 200
        assert master.expire(now + 200)
        master.read(bytearray(16), 40000, 2, now + 210)
    assert master.lead(40000, 2, 700) == 0
    assert master.expire(830)  # this time nothing came
    assert master.lead(40000, 2, 840) == 1
    master.read(bytearray(16), 40000, 3, 840)
    feed(master, ANSWER, 900)  # what comes now may be the late one
    assert not master.expire(2339)
    assert master.expire(2340)
    master.read(bytearray(16), 40000, 2, 2350)
    assert master.timeout_left(2350) == 1500


def test_a_device_seen_to_be_slow_has_twice_its_time_and_is_called_slow():
    master = asked()
    feed(master, ANSWER, 190)
    assert not master.slow
    now = 200
    master.forget()
    master.read(bytearray(16), 40000, 2, now)
    assert master.timeout_left(now) == 1500
    feed(master, ANSWER, now + 450)
    assert master.slow
    master.patient = False
    master.read(bytearray(16), 40000, 2, now + 460)
    assert master.timeout_left(now + 460) == 900
    now += 460
    for _ in range(30):
        feed(master, ANSWER, now + 3)
        now += 10
        master.read(bytearray(16), 40000, 2, now)
    assert not master.slow and master.timeout_left(now) == 200


def test_a_patient_master_waits_long_while_an_unanswered_read_may_be_answered():
    master = rtu.Master()
    master.forget()
    master.read(bytearray(16), 40000, 2, 0)
    feed(master, ANSWER, 3)
    master.read(bytearray(16), 40000, 2, 10)
    assert master.timeout_left(10) == 400
    assert master.expire(410)
    master.read(bytearray(16), 40000, 3, 420)
    feed(master, framed(1, 3, 6, 1, 1, 2, 2, 3, 3), 425)
    master.read(bytearray(16), 40000, 4, 430)
    assert master.timeout_left(430) == 1500
    feed(master, framed(1, 3, 8, 1, 1, 2, 2, 3, 3, 4, 4), 435)
    master.read(bytearray(16), 40000, 4, 1511)
    assert master.timeout_left(1511) == 400


def test_our_own_request_heard_again_is_counted_apart():
    master = asked()
    assert feed(master, framed(1, 3, 0x9C, 0x40, 0, 2), 1) == rtu.NOTHING
    assert master.echoes == master.bad_frames == 1
    assert feed(master, b"\x07", 2) == rtu.NOTHING
    assert feed(master, ANSWER, 3) == rtu.ANSWER
    assert master.echoes == 1 and master.bad_frames == 2
    write = rtu.Master()
    out = bytearray(17)
    words = array("H", (1, 1, 0xFFFF, 0xF448))
    n = write.write(out, 0x9D71, words, 0, 4, 0)
    answer = framed(1, 16, 0x9D, 0x71, 0, 4)
    assert feed(write, bytes(out[:n]) + answer, 5) == rtu.ANSWER
    assert write.echoes == write.bad_frames == 1
    n = write.write(out, 0x9D71, words, 0, 4, 20)
    for i in range(n):
        assert feed(write, bytes(out[i : i + 1]), 21) == rtu.NOTHING
    assert write.open and write.echoes == 2
    assert feed(write, answer, 25) == rtu.ANSWER


def test_a_damaged_echo_is_a_bad_frame():
    master = asked()
    assert feed(master, framed(1, 3, 0x9C, 0x40, 0, 2)[:-1] + b"\x00", 1) == rtu.NOTHING
    assert feed(master, ANSWER, 2) == rtu.ANSWER
    assert master.echoes == 0 and master.bad_frames == 1


def raises(call, *arguments):
    try:
        call(*arguments)
    except ProtocolError:
        return True
    return False


def test_misuse_is_refused():
    master = asked()
    out = bytearray(32)
    assert raises(master.read, out, 0, 1, 5)  # open
    master.expire(200)
    assert raises(master.read, out, 0, 1, 201)  # not silent yet
    assert raises(master.read, out, 0, 0, 300)
    assert raises(master.read, out, 0, pdu.READ_MAX + 1, 300)
    assert raises(master.read, out, 0xFFFF, 2, 300)
    assert raises(master.read, bytearray(7), 0, 1, 300)
    assert raises(master.write, bytearray(16), 0, (1, 2, 3, 4), 0, 4, 300)
    assert not master.open
    assert master.read(bytearray(8), 0xFFFF, 1, 300) == 8
