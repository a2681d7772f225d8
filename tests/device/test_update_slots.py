"""Writing of a slot: what is rejected, and where a cut transfer goes on."""

import hashlib

from power_cuts import NEW, OLD, SECOND, Update, UpdateKeeps, compare, image, install, provisioned, running

from gridkeel import ticks
from gridkeel.errors import MAINS_LOST, SOC_UNKNOWN
from gridkeel.faults import Faults
from gridkeel.update import refusals, selector, slots, trial

WASM_GROUP = 1


def code_of(call, *arguments):
    try:
        call(*arguments)
    except refusals.UpdateError as error:
        return error.code
    return 0


def digest(data):
    return hashlib.sha256(data).digest()


def writer_for(chip, data, slot=1):
    writer = slots.SlotWriter(chip, slot, len(data), digest(data))
    if not writer.resume():
        while writer.erase_next():
            pass
    return writer


def test_an_image_that_is_too_large_is_rejected():
    chip = provisioned()
    room = selector.image_room(chip)
    assert code_of(slots.SlotWriter, chip, 1, room + 1, bytes(32)) == refusals.TOO_LARGE
    assert code_of(slots.SlotWriter, chip, 1, 0, bytes(32)) == refusals.TOO_LARGE
    data = image(5, room)
    install(chip, 1, data, 4)
    assert selector.is_bootable(chip, 1, 4)
    assert running(chip)[0] == OLD


def test_an_image_of_any_length_comes_back():
    for size in (1, 256, 257, 3840, 7424):
        chip = provisioned()
        data = image(6, size)
        install(chip, 1, data, 4)
        slots.switch(chip, bytes(16))
        assert running(chip)[0] == digest(data), size


def test_pages_come_in_order_and_whole():
    chip = provisioned()
    writer = slots.SlotWriter(chip, 1, 1000, digest(image(5, 1000)))
    assert code_of(writer.write, bytes(256)) == refusals.OUT_OF_ORDER, "not erased"
    while writer.erase_next():
        pass
    assert code_of(writer.write, bytes(255)) == refusals.OUT_OF_ORDER
    writer.write(bytes(512))
    assert code_of(writer.write, bytes(489)) == refusals.OUT_OF_ORDER, "more than was said"
    assert code_of(writer.finish, 4, b"") == refusals.OUT_OF_ORDER, "not whole"
    writer.write(bytes(488))
    assert code_of(writer.finish, 4, b"") == refusals.DIGEST_MISMATCH
    assert not selector.is_bootable(chip, 1, 0)


def test_a_slot_that_was_not_erased_is_not_written_over():
    chip = provisioned()
    writer = writer_for(chip, SECOND)
    chip.cells.flip(selector.slot_start(chip, 1) + 600)
    writer.write(SECOND[:256])
    assert code_of(writer.write, SECOND[256:512]) == refusals.NOT_BLANK


def test_a_cut_transfer_goes_on_and_another_image_begins_anew():
    data = image(7, 7000)
    chip = provisioned()
    writer = writer_for(chip, data)
    writer.write(data[:5120])
    again = slots.SlotWriter(chip, 1, len(data), digest(data))
    assert again.resume()
    assert again.written == 4096 - selector.HEAD_BYTES, "from the start of the block that was being written"
    again.write(data[again.written :])
    again.finish(4, b"0.3.0")
    done = slots.SlotWriter(chip, 1, len(data), digest(data))
    assert done.resume()
    assert done.written == len(data)
    done.finish(4, b"0.3.0")
    header = selector.read_header(chip, 1)
    assert header.version[:6] == b"0.3.0\0"
    other = slots.SlotWriter(chip, 1, len(data), digest(SECOND))
    assert not other.resume()


def test_a_finished_image_that_rotted_is_written_again():
    chip = provisioned()
    install(chip, 1, SECOND, 4)
    chip.cells.flip(selector.slot_start(chip, 1) + 5000, 4)
    assert code_of(slots.switch, chip, bytes(16)) == refusals.NOT_BOOTABLE
    install(chip, 1, SECOND, 4)
    slots.switch(chip, bytes(16))
    assert running(chip)[0] == NEW


def erased_by(chip, data):
    """Install an image that keeps what it can; return how often each block of slot 0 was erased for it."""
    before = list(chip.erased)
    install(chip, 0, data, 6, True)
    first = selector.slot_start(chip, 0) // chip.block_bytes
    return [chip.erased[block] - before[block] for block in range(first, first + 5)]


def test_blocks_that_are_the_same_are_neither_erased_nor_written():
    story = UpdateKeeps()
    chip = story.begin()
    assert erased_by(chip, story.third) == [1, 1, 0, 0, 1]
    slots.switch(chip, bytes(16))
    assert running(chip)[0] == digest(story.third)


def test_what_has_rotted_is_written_and_nothing_is_kept_of_an_image_that_was_not_finished():
    story = UpdateKeeps()
    for rots in (True, False):
        chip = story.begin()
        start = selector.slot_start(chip, 0)
        if rots:
            chip.cells.flip(start + 3300)
        else:
            chip.erase(start)
        assert erased_by(chip, story.third) == ([1, 1, 0, 1, 1] if rots else [1, 1, 1, 1, 1])
        slots.switch(chip, bytes(16))
        assert running(chip)[0] == digest(story.third)


def test_a_writer_that_kept_blocks_goes_on_behind_what_it_wrote():
    story = UpdateKeeps()
    chip = story.begin()
    data = story.third
    writer = slots.SlotWriter(chip, 0, len(data), digest(data))
    assert compare(writer, data)
    while writer.erase_next():
        pass
    writer.write(data[:1792])
    again = slots.SlotWriter(chip, 0, len(data), digest(data))
    assert again.resume()
    assert again.written == 1024 - selector.HEAD_BYTES
    assert [again.keeps(block) for block in range(5)] == [False, False, True, True, False]
    again.write(data[768:1792])
    again.skip_to(3840)
    again.write(data[3840:])
    again.finish(6, b"0.3.0")
    assert selector.is_bootable(chip, 0, 6)


def test_an_older_counter_is_rejected_at_each_step():
    chip = provisioned()
    writer = writer_for(chip, SECOND)
    writer.write(SECOND)
    assert code_of(writer.finish, 3, b"") == refusals.OLDER_COUNTER
    writer.finish(4, b"")
    record = selector.read_record(chip)
    record.counter = 5
    selector.write_record(chip, record)
    assert code_of(slots.switch, chip, bytes(16)) == refusals.OLDER_COUNTER
    assert not selector.is_bootable(chip, 1, 5)


def test_an_update_waits_for_the_verdict_on_the_last_one():
    chip = provisioned()
    assert slots.idle_slot(chip) == 1
    Update().tell(chip)
    assert code_of(slots.idle_slot, chip) == refusals.ON_TRIAL
    assert code_of(slots.switch, chip, bytes(16)) == refusals.ON_TRIAL
    running(chip)
    slots.confirm(chip)
    assert slots.idle_slot(chip) == 0


def test_without_a_record_there_is_no_idle_slot_and_with_one_no_provisioning():
    chip = provisioned()
    assert code_of(slots.provision, chip, 0) == refusals.ON_TRIAL
    assert code_of(slots.provision, chip, 1) == refusals.NOT_BOOTABLE
    for block in (0, 1):
        chip.erase(block * 4096)
    assert code_of(slots.idle_slot, chip) == refusals.NO_AREA


def seen(judge, now_ms, settled=True, answering=True, heard=True, faults=None):
    return judge.follow(settled, answering, heard, faults or Faults(), now_ms)


def test_a_new_image_is_healthy_when_all_held_for_ten_seconds():
    for start_ms in (0, ticks.MASK - 4000):
        judge = trial.Trial(bytes(16), start_ms)
        for ms in range(0, 10000, 500):
            assert seen(judge, ticks.add(start_ms, ms)) == trial.OPEN
        assert seen(judge, ticks.add(start_ms, 10000)) == trial.HEALTHY
        assert seen(judge, ticks.add(start_ms, 10500), settled=False) == trial.HEALTHY, "a verdict stays"


def test_one_thing_that_fails_begins_the_ten_seconds_anew():
    faulty = Faults()
    faulty.set(MAINS_LOST, True)
    for bad in ({"settled": False}, {"answering": False}, {"heard": False}, {"faults": faulty}):
        judge = trial.Trial(bytes(16), 0)
        seen(judge, 0)
        assert seen(judge, 9999, **bad) == trial.OPEN
        assert seen(judge, 10000) == trial.OPEN
        assert seen(judge, 19999) == trial.OPEN
        assert seen(judge, 20000) == trial.HEALTHY


def test_an_image_that_is_not_healthy_in_time_has_failed():
    judge = trial.Trial(bytes(16), 0)
    assert seen(judge, trial.LIMIT_MS - 1, heard=False) == trial.OPEN
    assert seen(judge, trial.LIMIT_MS, heard=False) == trial.FAILED
    assert seen(judge, trial.LIMIT_MS + 20000) == trial.FAILED


def test_a_fault_of_the_old_image_does_not_speak_against_the_new_one():
    faults = Faults()
    faults.set(SOC_UNKNOWN, True)
    known = trial.active_bits(faults)
    judge = trial.Trial(known, 0)
    seen(judge, 0, faults=faults)
    assert seen(judge, 10000, faults=faults) == trial.HEALTHY
    faults.set(MAINS_LOST, True)
    judge = trial.Trial(known, 0)
    seen(judge, 0, faults=faults)
    assert seen(judge, 10000, faults=faults) == trial.OPEN
