"""The choice between two slots: the table, the record in two copies, and what a start does with each state."""

from binascii import crc32

from flash_chip import Chip
from power_cuts import NEW, OLD, SECOND, Update, image, install, provisioned, running

from gridkeel.update import selector, slots

WASM_GROUP = 1

STATES = (selector.CONFIRMED, selector.TRIAL_0, selector.TRIAL_1, selector.TRIAL_2, selector.TRIAL_3)
EVENTS = (selector.SWITCH, selector.BOOT, selector.CONFIRM, selector.GIVE_UP, selector.BROKEN)


def on_trial():
    chip = provisioned()
    Update().tell(chip)
    return chip


def reason(chip):
    return selector.read_record(chip).reason


def test_every_event_outside_the_table_is_rejected_and_changes_nothing():
    for state in STATES:
        for event in EVENTS:
            record = selector.Record(1, 7)
            record.state = state
            taken = record.step(event)
            assert taken == ((state, event) in selector.TABLE), (state, event)
            if not taken:
                assert (record.state, record.active, record.reason, record.counter) == (state, 1, 0, 7)


def test_only_a_confirmed_image_is_ever_gone_back_to():
    for (state, event), (after, changes, _reason) in selector.TABLE.items():
        if changes and event != selector.SWITCH:
            assert after == selector.CONFIRMED, (state, event)
        if after != selector.CONFIRMED and event == selector.BOOT:
            assert after == state - 1, "a start takes one of those that are left"


def test_a_record_comes_back_as_it_was_written_and_each_write_takes_the_other_copy():
    chip = Chip(14)
    assert selector.read_record(chip) is None
    for k in range(5):
        record = selector.Record(k & 1, 1000 + k)
        record.state = STATES[k]
        record.reason = k
        record.known = bytes([k] * 16)
        selector.write_record(chip, record)
        found = selector.read_record(chip)
        assert (found.active, found.counter, found.state, found.reason) == (k & 1, 1000 + k, STATES[k], k)
        assert found.known == bytes([k] * 16)
        assert found.sequence == k + 1
    assert (chip.erased[0], chip.erased[1]) == (2, 3)


def test_a_bit_that_fell_over_in_the_newer_copy_leaves_the_older():
    for at in range(36):
        chip = Chip(14)
        for counter in (1, 2):
            selector.write_record(chip, selector.Record(0, counter))
        assert selector.read_record(chip).counter == 2
        chip.cells.flip(at, 0x10)  # sequence 2 lies in copy 0
        assert selector.read_record(chip).counter == 1, at


def test_the_sequence_of_the_copies_may_wrap():
    chip = Chip(14)
    selector.write_record(chip, selector.Record(0, 1))
    block = chip.cells.blocks[1]  # sequence 1 lies in copy 1
    block[8:12] = b"\xff\xff\xff\xff"
    block[32:36] = crc32(block[:32]).to_bytes(4, "little")
    assert selector.read_record(chip).sequence == 0xFFFFFFFF
    for counter in (2, 3, 4):
        selector.write_record(chip, selector.Record(0, counter))
        assert selector.read_record(chip).counter == counter
    assert selector.read_record(chip).sequence == 2


def test_an_area_without_anything_runs_nothing_and_one_that_is_too_small_neither():
    assert selector.choose(Chip(14)) == -1
    for blocks in (1, 2, 8, 10, 11):
        chip = Chip(blocks)
        assert selector.slot_bytes(chip) == 0
        assert selector.choose(chip) == -1


def test_a_new_image_has_three_starts_and_then_the_old_one_is_back():
    chip = on_trial()
    for _ in range(3):
        data, record = running(chip)
        assert data == NEW
        assert record.counter == 4
    data, record = running(chip)
    assert (data, record.state, record.reason) == (OLD, selector.CONFIRMED, selector.OUT_OF_BOOTS)
    erased = list(chip.erased)
    assert running(chip)[0] == OLD
    assert chip.erased == erased, "a start of a judged image writes nothing"


def test_a_confirmed_image_stays_and_its_counter_is_in_force():
    chip = on_trial()
    assert not slots.confirm(chip), "before it was started"
    running(chip)
    assert slots.confirm(chip)
    assert not slots.confirm(chip)
    for _ in range(6):
        data, record = running(chip)
    assert (data, record.counter, record.reason) == (NEW, 5, selector.HEALTHY)
    assert not slots.give_up(chip), "it is judged"


def test_an_image_that_gives_up_is_not_started_again():
    chip = on_trial()
    assert running(chip)[0] == NEW
    assert slots.give_up(chip)
    assert running(chip)[0] == OLD
    assert reason(chip) == selector.OUT_OF_TIME


def test_an_image_that_rotted_gives_way_to_the_other():
    for at in (0, 5, 300, 5000, 6410):
        chip = on_trial()
        start = selector.slot_start(chip, 1)
        chip.cells.flip(start + at)
        data, record = running(chip)
        assert (data, record.state, record.reason) == (OLD, selector.CONFIRMED, selector.NOT_SOUND), at


def test_a_judged_image_that_rotted_gives_way_only_to_one_that_is_not_older():
    chip = on_trial()
    running(chip)
    slots.confirm(chip)
    chip.cells.flip(selector.slot_start(chip, 1) + 700)
    assert selector.choose(chip) == -1, "counter 4, and 5 is in force"
    chip = provisioned()
    install(chip, 1, SECOND, 4)
    running(chip)
    chip.cells.flip(selector.slot_start(chip, 0) + 700)
    assert running(chip)[0] == NEW


def test_both_copies_lost_starts_what_is_there():
    chip = provisioned()
    for block in (0, 1):
        chip.erase(block * 4096)
    data, record = running(chip)
    assert (data, record.state, record.counter) == (OLD, selector.CONFIRMED, 4)
    assert record.reason == selector.RECORD_LOST
    chip = on_trial()
    for block in (0, 1):
        chip.erase(block * 4096)
    for _ in range(3):
        assert running(chip)[0] == NEW
    assert running(chip)[0] == OLD, "nobody knows that the newer one was judged"


class Worn(Chip):
    """A flash that takes nothing any more."""

    def erase(self, at):
        raise OSError(5)

    def write(self, at, page):
        raise OSError(5)


def test_a_flash_that_cannot_be_written_runs_the_judged_image():
    chip = on_trial()
    worn = Worn(0, chip.cells)
    worn.size = chip.size
    for _ in range(5):
        assert selector.choose(worn) == 0, "a start that cannot be counted is not given to a new image"


def test_an_area_that_cannot_be_read_runs_nothing_and_raises_nothing():
    class Deaf(Chip):
        def readinto(self, at, buffer):
            raise OSError(5)

    assert selector.choose(Deaf(14)) == -1


def test_slots_lie_behind_record_and_journal_and_do_not_overlap():
    for blocks, block_bytes in ((176, 4096), (64, 65536), (16, 131072)):
        chip = Chip(0)
        chip.size = blocks * block_bytes
        chip.block_bytes = block_bytes
        first, second = selector.slot_start(chip, 0), selector.slot_start(chip, 1)
        assert first == (2 + selector.journal_blocks(chip)) * block_bytes
        assert second - first == selector.slot_bytes(chip) >= 262144
        assert second + selector.slot_bytes(chip) <= chip.size
        assert selector.image_room(chip) == selector.slot_bytes(chip) - 512


def test_the_image_of_a_test_tells_which_it_is():
    assert image(1) != image(2)
    assert len(image(1, 100)) == 100
