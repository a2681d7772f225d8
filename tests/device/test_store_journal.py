"""The journal: what comes back, in which order, what makes room for it, and when it may erase."""

from flash_chip import Chip

from gridkeel.store.journal import ENTRY_MAX, READY, Journal

WASM_GROUP = 2

BLOCKS = 6


def opened(chip):
    journal = Journal(chip, 0, BLOCKS)
    journal.open()
    return journal


def chip_of(pages=4):
    return Chip(BLOCKS, block_bytes=256 * pages)


def ready(chip):
    journal = opened(chip)
    while journal.wants_block:
        journal.prepare()
    return journal


def write(journal, texts):
    for i, text in enumerate(texts):
        journal.put(3, text, len(text))
        if i % 9 == 8:
            journal.flush()
    while journal.waiting:
        if not journal.flush():
            return False
    return True


def texts_of(journal):
    return [data for _number, _kind, data in journal.entries()]


def test_an_empty_flash_holds_nothing_and_takes_nothing_before_a_block_is_erased():
    journal = opened(chip_of())
    assert texts_of(journal) == []
    assert not write(journal, [b"one"])
    journal.prepare()
    assert journal.flush()
    assert texts_of(journal) == [b"one"]
    assert not journal.flush(), "nothing waits"


def test_entries_come_back_in_order_after_a_start():
    chip = chip_of()
    journal = ready(chip)
    texts = [b"entry %d" % i for i in range(40)] + [b"", bytes(ENTRY_MAX)]
    assert write(journal, texts)
    for _ in range(2):
        again = opened(chip)
        assert texts_of(again) == texts
        assert [number for number, _kind, _data in again.entries()] == list(range(42))
        assert (again.next, again.dropped) == (42, 0)


def test_kinds_come_back():
    chip = chip_of()
    journal = ready(chip)
    for kind in (0, 1, 128, 255):
        journal.put(kind, b"x", 1)
    journal.flush()
    assert [kind for _number, kind, _data in opened(chip).entries()] == [0, 1, 128, 255]


def test_the_oldest_makes_room_and_is_counted():
    chip = chip_of()
    journal = ready(chip)
    for i in range(100):
        while journal.wants_block:
            journal.prepare()
        assert write(journal, [b"%d" % i + bytes(200)])
    kept = [int(bytes(text[:3]).split(b"\0")[0]) for text in texts_of(journal)]
    assert kept == list(range(100 - len(kept), 100))
    assert len(kept) >= (BLOCKS - READY - 1) * 3
    assert journal.dropped == 100 - len(kept)
    again = opened(chip)
    assert (again.dropped, again.next) == (journal.dropped, 100)


def test_blocks_wear_evenly():
    chip = chip_of()
    journal = ready(chip)
    for i in range(300):
        while journal.wants_block:
            journal.prepare()
        write(journal, [bytes(200)])
        if i % 50 == 49:
            journal = opened(chip)
    assert max(chip.erased) - min(chip.erased) <= 1


def test_without_an_erased_block_the_oldest_that_waits_is_dropped_and_counted():
    chip = chip_of()
    journal = ready(chip)
    made = 0
    while write(journal, [b"%d" % made + bytes(180)]):
        made += 1
    operations = chip.operations
    for _ in range(10):
        made += 1
        journal.put(3, b"%d" % made + bytes(180), 180 + len(b"%d" % made))
    assert chip.operations == operations, "neither written nor erased"
    assert journal.dropped > 0
    journal.prepare()
    while journal.flush():
        pass
    found = texts_of(opened(chip))
    assert found[-1][:3] == b"%d\0" % made if made < 100 else found[-1][:3] == b"%d" % made
    again = opened(chip)
    assert again.dropped == again.next - len(found) == journal.dropped


def test_putting_and_flushing_never_erase():
    chip = chip_of(16)
    journal = ready(chip)
    erased = list(chip.erased)
    while write(journal, [bytes(100), bytes(100)]):
        pass
    assert chip.erased == erased


def test_a_start_uses_one_page_however_often_it_happens():
    chip = chip_of(16)
    journal = ready(chip)
    write(journal, [b"first"])
    for i in range(10):
        journal = opened(chip)
        assert write(journal, [b"start %d" % i])
    assert len(texts_of(opened(chip))) == 11
    operations = chip.operations
    for _ in range(5):
        opened(chip)
    assert chip.operations == operations, "opening writes nothing"


def test_a_page_that_rotted_is_left_out_and_counted():
    chip = chip_of()
    journal = ready(chip)
    for i in range(5):
        write(journal, [b"%d" % i])
    chip.cells.flip(256 * 2 + 17)
    again = opened(chip)
    assert texts_of(again) == [b"0", b"2", b"3", b"4"]
    assert again.dropped == 1


def test_pages_of_an_earlier_round_are_not_taken_for_new_ones():
    chip = chip_of()
    journal = ready(chip)
    for i in range(60):
        while journal.wants_block:
            journal.prepare()
        write(journal, [b"%d" % i])
    blocks = chip.cells.blocks
    kept = texts_of(journal)
    chip.cells.blocks = blocks[1:] + blocks[:1]  # a block that was moved is not of its place
    assert texts_of(opened(chip)) == []
    chip.cells.blocks = blocks
    assert texts_of(opened(chip)) == kept


def test_what_cannot_be_written_waits_on():
    chip = chip_of()
    journal = ready(chip)
    journal.put(3, b"kept", 4)
    chip.cut = chip.operations
    chip.halts = False
    try:
        journal.flush()
        raise AssertionError("the flash was dead")
    except OSError:
        pass
    chip.again()
    assert journal.waiting
    assert journal.flush()
    assert texts_of(opened(chip)) == [b"kept"]
