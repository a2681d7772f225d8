"""Cuts of the power at every operation of the flash, and at every operation of what comes after: what must hold.

A story is what a controller does to its flash; it can be told again from its beginning after any cut, as a controller
does after a restart. `cut_everywhere` tells it with a cut at each operation, whole and torn, looks, and tells it again,
there with a second cut at each (or a sample of) operation.
"""

import hashlib

from flash_chip import Chip, PowerCutError

from gridkeel.store.journal import Journal
from gridkeel.update import refusals, selector, slots
from gridkeel.update.refusals import UpdateError

TORN = 4
BLOCKS = 2 + 8 + 2 * 2  # two blocks of 4 kB a slot


class Dice:
    """Numbers that are the same each time."""

    def __init__(self, seed):
        self.state = seed * 2 + 1

    def below(self, n):
        self.state = (self.state * 1103515245 + 12345) & 0x3FFFFFFF
        return (self.state >> 8) % n


def image(seed, size=6000):
    """Return bytes that tell which image they are."""
    head = b"image %d " % seed
    data = bytearray(size)
    for i in range(size):
        data[i] = head[i % len(head)] ^ (i >> 8) & 0xFF
    return bytes(data)


def install(chip, slot, data, counter, keeps=False):
    """Write an image into a slot, going on where a cut left it; keeps: what the slot has of it already stays."""
    digest = hashlib.sha256(data).digest()
    writer = slots.SlotWriter(chip, slot, len(data), digest)
    if not writer.resume():
        if keeps:
            compare(writer, data)
        while writer.erase_next():
            pass
    while writer.written < writer.size:
        end = writer.written + min(1024, writer.left_in_block(writer.written))
        if writer.has(writer.written):
            writer.skip_to(end)
        else:
            writer.write(data[writer.written : end])
    writer.finish(counter, b"version")


def compare(writer, data):
    """Give the whole image to a writer that compares it with its slot; return whether there is one to compare with."""
    found = writer.begin_comparing()
    while found and writer.compared < len(data):
        at = writer.compared
        writer.compare(memoryview(data)[at : at + writer.left_in_block(at)])
    return found


def running(chip):
    """Start the chip as a board does; return the SHA-256 of the image that runs, and the record.

    No page of it is one whose writing or erasure was cut.
    """
    slot = selector.choose(chip)
    assert slot >= 0, "unbootable"
    header = selector.read_header(chip, slot)
    start = selector.slot_start(chip, slot) + selector.HEAD_BYTES
    pages = range((start - selector.HEAD_BYTES) // selector.PAGE, (start + header.size - 1) // selector.PAGE + 1)
    assert not [number for number in chip.doubtful if number in pages], "what was begun at a cut is relied upon"
    page = bytearray(selector.PAGE)
    digest = hashlib.sha256()
    for at in range(0, header.size, selector.PAGE):
        chip.readinto(start + at, page)
        digest.update(page[: header.size - at])
    return digest.digest(), selector.read_record(chip)


def named(data):
    return hashlib.sha256(data).digest()


FIRST = image(1)
SECOND = image(2, 5900)
THIRD = image(3, 6100)
OLD, NEW, NEWER = named(FIRST), named(SECOND), named(THIRD)


def provisioned():
    """Return a chip with one judged image."""
    chip = Chip(BLOCKS)
    Provision().tell(chip)
    return chip


class Story:
    """begin: the chip before it.  tell: what is done.  look: what must hold after it, done or cut."""

    def promises(self):
        """Return what it has promised so far, where that is more than the chip tells."""
        return ()

    def promise_again(self, promises):
        """Go back to that."""


class Provision(Story):
    """The first image, from a cable."""

    def begin(self):
        return Chip(BLOCKS)

    def tell(self, chip):
        install(chip, 0, FIRST, 4)
        if selector.read_record(chip) is None:
            slots.provision(chip, 0)

    def look(self, chip, done):
        if done or selector.choose(chip) >= 0:
            assert running(chip)[0] == OLD


class Update(Story):
    """An image is written beside the one that runs, and the switch to it ordered."""

    def begin(self):
        return provisioned()

    def tell(self, chip):
        record = selector.read_record(chip)
        if record.state != selector.CONFIRMED:
            return
        install(chip, 1, SECOND, 5)
        slots.switch(chip, bytes(16))

    def look(self, chip, done):
        data, record = running(chip.copy())
        assert record.counter == 4, "raised before the new image was judged"
        if record.state == selector.CONFIRMED:
            assert not done
            assert data == OLD, "an image that nobody judged"
        else:
            assert data == NEW
            assert record.active == 1


class Confirm(Story):
    """The new image starts and confirms itself."""

    def begin(self):
        chip = provisioned()
        Update().tell(chip)
        return chip

    def tell(self, chip):
        data, record = running(chip)
        if data == NEW and record.state != selector.CONFIRMED:
            assert slots.confirm(chip)

    def look(self, chip, done):
        later = chip.copy()
        record = selector.read_record(later)
        confirmed = record.state == selector.CONFIRMED and record.active == 1
        assert record.counter == (5 if confirmed else 4)
        assert confirmed or not done, "a confirmation that was answered is lost"
        data, record = running(later)
        assert data == NEW if confirmed else data in (OLD, NEW)
        for _ in range(5):  # and where nobody confirms it, the old one comes back
            data, record = running(later)
        assert record.state == selector.CONFIRMED
        assert data == (NEW if confirmed else OLD)
        if data == OLD:
            Update().tell(later)
            assert running(later)[0] == NEW, "cannot be updated any more"


class Rollback(Story):
    """The new image starts, finds itself unwell and gives up, or starts too often."""

    def __init__(self, starts):
        self.starts = starts

    def begin(self):
        return Confirm().begin()

    def tell(self, chip):
        for _ in range(self.starts):
            running(chip)
        if selector.read_record(chip).state != selector.CONFIRMED:
            slots.give_up(chip)
        running(chip)

    def look(self, chip, done):
        later = chip.copy()
        record = selector.read_record(later)
        assert record.counter == 4
        if done:
            assert record.state == selector.CONFIRMED
        for _ in range(5):
            data, record = running(later)
        assert (data, record.state) == (OLD, selector.CONFIRMED), "not back on the judged image"
        Update().tell(later)
        assert running(later)[0] == NEW


class UpdateAgain(Story):
    """The next image is written over the one before the one that runs, whose counter is in force."""

    def begin(self):
        chip = Confirm().begin()
        Confirm().tell(chip)
        return chip

    def tell(self, chip):
        if selector.read_record(chip).state == selector.CONFIRMED:
            install(chip, 0, THIRD, 6)
            slots.switch(chip, bytes(16))

    def look(self, chip, done):
        later = chip.copy()
        data, record = running(later)
        assert data == (NEW if record.state == selector.CONFIRMED else NEWER)
        assert record.counter == 5
        for _ in range(5):
            data, record = running(later)
        assert data == NEW
        try:  # the first image never comes back, in whatever state its slot is
            install(later, 0, FIRST, 4)
            slots.switch(later, bytes(16))
            raise AssertionError("an older security counter was taken")
        except UpdateError as error:
            assert error.code == refusals.OLDER_COUNTER


class UpdateKeeps(Story):
    """An image is written over an older one that has some of its blocks, which stay; only what differs is written."""

    BLOCKS = 2 + 32 + 2 * 5

    def __init__(self, block_bytes=1024):
        self.block_bytes = block_bytes
        scale = block_bytes // 1024
        self.first = image(1, 4250 * scale)
        self.second = image(2, 3750 * scale)
        # Blocks 2 and 3 of the slot are as in the first image; block 0 has the mark, the last one the header.
        changed = self.first[: 1500 * scale] + image(3, 75) + self.first[1500 * scale + 75 : 4075 * scale]
        self.third = changed + image(4, 150)
        self.other = image(5, 2250 * scale) + self.first[2250 * scale :]

    def begin(self):
        chip = Chip(self.BLOCKS, block_bytes=self.block_bytes)
        install(chip, 0, self.first, 4)
        slots.provision(chip, 0)
        install(chip, 1, self.second, 5)
        slots.switch(chip, bytes(16))
        running(chip)
        slots.confirm(chip)
        return chip

    def tell(self, chip):
        if selector.read_record(chip).state == selector.CONFIRMED:
            install(chip, 0, self.third, 6, True)
            slots.switch(chip, bytes(16))

    def look(self, chip, done):
        later = chip.copy()
        data, record = running(later)
        assert record.counter == 5
        if record.state == selector.CONFIRMED:
            assert not done and data == named(self.second)
            # Whatever a cut left, another image that has other blocks of the first one is written whole.
            install(later, 0, self.other, 6, True)
            slots.switch(later, bytes(16))
            assert running(later)[0] == named(self.other)
        else:
            assert data == named(self.third)
        for _ in range(5):
            data, record = running(later)
        assert (data, record.state) == (named(self.second), selector.CONFIRMED)


class Journalled(Story):
    """Entries go into the journal, blocks are erased in turn; each start opens it anew."""

    BLOCKS = 5

    def __init__(self, rounds, seed):
        self.rounds = rounds
        self.seed = seed
        self.promised = []  # what flush said to survive, page by page
        self.made = 0
        self.starts = 0  # each of which may leave a gap of entries that waited

    def begin(self):
        self.promised = []
        self.made = 0
        self.starts = 0
        return Chip(self.BLOCKS, block_bytes=2048)

    def promises(self):
        return list(self.promised), self.made, self.starts

    def promise_again(self, promises):
        self.promised, self.made, self.starts = list(promises[0]), promises[1], promises[2]

    def tell(self, chip):
        journal = Journal(chip, 0, self.BLOCKS)
        journal.open()
        self.starts += 1
        dice = Dice(self.seed + self.made)
        held = []
        for _ in range(self.rounds):
            if journal.wants_block and dice.below(3):
                journal.prepare()
            for _ in range(dice.below(4)):
                self.made += 1
                data = b"%d:" % self.made + bytes([self.made & 0xFF] * dice.below(110))
                before = journal.dropped
                journal.put(self.made % 200, data, len(data))
                held = held[journal.dropped - before :] + [data]
            waiting = sum(journal._counts)
            if journal.flush():
                written = waiting - sum(journal._counts)
                self.promised.append(held[:written])
                held = held[written:]

    def look(self, chip, done):
        journal = Journal(chip, 0, self.BLOCKS)
        journal.open()
        found = [data for _number, _kind, data in journal.entries()]
        numbers = [number for number, _kind, _data in journal.entries()]
        assert numbers == sorted(set(numbers))
        assert journal.dropped == journal.next - len(found)
        promised = [data for page in self.promised for data in page]
        kept = [data for data in found if data in promised]
        assert kept == [data for data in promised if data in kept], "out of order"
        assert len(found) - len(kept) <= 30, "what nobody wrote"
        # Of five blocks one is ready and one is being erased at the most; a start leaves one page of the rest out.
        for page in self.promised[-4:]:
            for data in page:
                assert data in found, "promised, and not there"
        if found and promised:
            # What is gone was the oldest, but for a block whose erasure was cut: some of its pages may be left.
            first = found.index(kept[0]) if kept else 0
            gaps = [i for i in range(first, len(numbers) - 1) if numbers[i + 1] != numbers[i] + 1]
            assert len(gaps) <= 1 + self.starts, (numbers, gaps)


def operations_of(story):
    """Return how many operations the whole story takes."""
    chip = story.begin().again()
    story.tell(chip)
    return chip.operations


def tell_cut(story, chip, cut, torn):
    """Tell a story with a cut; return whether it came to its end."""
    chip.again(cut, torn)
    try:
        story.tell(chip)
        return True
    except PowerCutError:
        return False


def cut_everywhere(story, dice=None, first_of=1, second_of=1):
    """Return the number of cuts that were made; dice: one of first_of, and of second_of behind each, by chance."""
    start = story.begin()
    made = 0
    for cut in range(operations_of(story) + 1):
        for torn in range(TORN):
            if dice and dice.below(first_of):
                continue
            story.begin()
            chip = start.copy()
            ended = tell_cut(story, chip, cut, torn)
            story.look(chip.again(), ended)
            made += 1
            if not ended:
                made += _cut_again(story, chip, dice, second_of)
    return made


def _cut_again(story, chip, dice, second_of):
    """Tell the story again on a chip that was cut, with a cut at each operation of that, and once to its end."""
    made = 0
    cut = -1
    ended = False
    promises = story.promises()
    while not ended:
        cut += 1 + (dice.below(2 * second_of) if dice else 0)
        torn = dice.below(TORN) if dice else cut % TORN
        story.promise_again(promises)
        later = chip.copy()
        ended = tell_cut(story, later, cut, torn)
        story.look(later.again(), ended)
        made += 1
        if not ended:
            story.tell(later.again())  # what was cut twice comes to its end
            story.look(later.again(), True)
    return made


def stories():
    return (
        Provision(),
        Update(),
        Confirm(),
        Rollback(1),
        Rollback(4),
        UpdateAgain(),
        UpdateKeeps(4096),
        Journalled(90, 1),
    )
