"""The reader of deltas, on deltas written by hand: every part of a record, every page's edge, every broken one."""

from gridkeel.update import refusals
from gridkeel.update.delta import DeltaReader
from gridkeel.update.refusals import UpdateError

BASE = bytes(range(100))


def made(delta, size, chunk=1, page=16, base=BASE):
    """Return the image that a delta makes, which arrives in chunks of so many bytes."""

    def read_base(at, view):
        assert at >= 0 and at + len(view) <= len(base), "outside of the base"
        view[:] = base[at : at + len(view)]

    reader = DeltaReader(read_base, len(base), size, page)
    image = b""
    for at in range(0, len(delta), chunk):
        part = delta[at : at + chunk]
        taken = 0
        while True:
            taken = reader.take(part, taken, len(part))
            if reader.filled < page:
                break
            image += bytes(reader.page)
            reader.next_page()
    assert reader.done, "the delta ends before its image"
    return image + bytes(reader.page[: reader.filled])


def code_of(delta, size):
    try:
        made(delta, size)
    except UpdateError as error:
        return error.code
    return refusals.NONE


def test_a_run_without_differences_copies_the_base():
    delta = bytes((40, 0, 39 << 1))
    for chunk in (1, 2, 3):
        assert made(delta, 40, chunk) == BASE[:40]


def test_differences_are_added_modulo_256():
    delta = bytes((3, 0, 2 << 1 | 1, 1, 255, 0))
    assert made(delta, 3) == bytes((1, 0, 2))


def test_new_bytes_follow_the_differences_of_their_record():
    delta = bytes((2, 3, 1 << 1)) + b"new"
    assert made(delta, 5) == b"\x00\x01new"


def test_a_move_goes_both_ways_in_the_base():
    assert made(bytes((1, 0, 0, 50 << 1, 1, 0, 0, 20 << 1 | 1, 1, 0, 0)), 3) == bytes((0, 51, 32))


def test_a_record_may_only_move():
    assert made(bytes((0, 0, 20, 2, 0, 2)), 2) == bytes((10, 11))


def test_a_long_varint_counts_from_its_lowest_bits():
    base = bytes(300)
    assert made(bytes((0x80 | 44, 2, 0, 0x80 | 86, 4)), 300, base=base) == base


def test_an_image_that_ends_at_a_pages_edge_is_whole():
    assert made(bytes((32, 0, 31 << 1)), 32) == BASE[:32]


def test_what_leaves_base_or_image_is_rejected():
    broken = (
        bytes((101, 0)),  # more differences than the base has
        bytes((41, 0)),  # more than the image
        bytes((10, 31)),  # new bytes past the image
        bytes((10, 0, 10 << 1)),  # a run past its stretch
        bytes((10, 0, 9 << 1, 11 << 1 | 1)),  # before the base
        bytes((10, 0, 9 << 1, 0x80 | 54, 1)),  # behind it: 91 forward from 10
        bytes((40, 0, 39 << 1, 0)),  # something behind the image
        b"\xff\xff\xff\xff\x7f",  # a number past 2**30
        b"\x80\x80\x80\x80\x80\x80",  # one that does not end
    )
    for delta in broken:
        assert code_of(delta, 40) == refusals.BROKEN_DELTA, delta


def test_a_delta_that_is_cut_makes_no_whole_image():
    delta = bytes((2, 3, 1 << 1)) + b"new"
    for n in range(len(delta)):
        try:
            made(delta[:n], 5)
        except AssertionError:
            continue
        raise AssertionError(n)
