"""Records that the journal kept over a restart: which are kept, and how the host gets them in their boot's name."""

from struct import pack

from flash_chip import Chip
from link_peer import EVENT_ROW, Peer

from gridkeel.errors import RECORDS_DROPPED
from gridkeel.evse.meter import Meter
from gridkeel.faults import Faults
from gridkeel.link import frames, message_ids
from gridkeel.link.kept import KeptLink
from gridkeel.link.ring import SEQUENCE_LAST
from gridkeel.runtime.recorder import Recorder
from gridkeel.store import entries

WASM_GROUP = 1

EARLIER = 0xAB12CD34
NOW = 0xC0FFEE01


class Connector:
    def __init__(self):
        self.access = 0
        self.meter = Meter()


class Envelope:
    permitted_w = 0


class Site:
    """Controller and clock, as far as the recorder looks."""

    def __init__(self, connector=None):
        self.connector = connector
        self.envelope = Envelope()
        self.power_w = 0
        self.faults = Faults()

    def unix_s(self, _now_ms):
        return 1767225600


class Life(Peer):
    """One boot of a device with a journal, and its host."""

    def __init__(self, chip, boot, site=None):
        super().__init__(16)
        self.boot = boot
        self.site = site or Site()
        self.recorder = Recorder(chip, boot, self.site, self.site)
        self.main = self.link
        self.main.keep(self.recorder)
        self.earlier = self.recorder.earlier(b"gk-7", None)
        self.link = self.earlier or self.main

    def keep(self):
        """The rest of many block periods."""
        for _ in range(20):
            if self.recorder.due:
                self.recorder.write()

    def next_earlier(self):
        self.earlier = self.recorder.earlier(b"gk-7", self.earlier)
        self.link = self.earlier or self.main

    def records(self):
        return [body for body in self.bodies() if body[0] == frames.RECORD]


def posted(life, uptimes):
    for uptime in uptimes:
        life.main.post(message_ids.FAULT_EVENT, [uptime] + EVENT_ROW[1:])


def uptime_of(body):
    return int.from_bytes(body[8:12], "little")


def sequence_of(body):
    return int.from_bytes(body[2:6], "little")


def blank():
    return Chip(14)


def test_a_fault_that_no_host_heard_of_is_told_in_the_name_of_its_boot():
    chip = blank()
    life = Life(chip, EARLIER)
    life.keep()
    posted(life, (100, 200))
    life.keep()
    life = Life(chip, NOW)
    assert life.earlier is not None
    [hello] = [body for body in life.bodies() if body[0] == frames.HELLO]
    assert hello[2:6] == EARLIER.to_bytes(4, "little")
    life.open(boot=EARLIER)
    told = []
    for _ in range(2):
        [record] = life.records()
        told.append((sequence_of(record), uptime_of(record), record[6:8]))
        assert life.records() == [], "one at a time"
        life.ack(sequence_of(record))
        life.next_earlier()
        assert (life.earlier is None) == (len(told) == 2)
        if life.earlier is not None:
            life.open(boot=EARLIER)
    assert told == [(1, 100, b"\0\0"), (2, 200, b"\0\0")]
    [hello] = [body for body in life.bodies() if body[0] == frames.HELLO]
    assert hello[2:6] == NOW.to_bytes(4, "little"), "and then it says that it started anew"


def test_what_the_host_has_is_not_told_again():
    chip = blank()
    life = Life(chip, EARLIER)
    life.keep()
    posted(life, (1, 2, 3))
    life.recorder.acknowledged(2)
    life.keep()
    life = Life(chip, NOW)
    life.open(boot=EARLIER)
    [record] = life.records()
    assert uptime_of(record) == 3
    life.ack(3)
    life.next_earlier()
    life.keep()
    assert Life(chip, NOW + 1).earlier is None


def test_a_host_that_has_more_than_the_journal_knows_says_so_at_once():
    chip = blank()
    life = Life(chip, EARLIER)
    life.keep()
    posted(life, (1,))
    life.keep()
    life = Life(chip, NOW)
    life.open(boot=EARLIER, acked=70000)
    assert life.earlier.idle
    assert life.records() == []


def test_boots_are_told_in_their_order():
    chip = blank()
    for boot in (EARLIER, EARLIER + 7):
        life = Life(chip, boot)
        life.keep()
        posted(life, (boot & 0xFF,))
        life.keep()
    life = Life(chip, NOW)
    told = []
    while life.earlier is not None:
        boot = life.earlier.boot_id
        life.open(boot=boot)
        [record] = life.records()
        told.append((boot, uptime_of(record)))
        life.ack(sequence_of(record))
        life.next_earlier()
    assert told == [(EARLIER, EARLIER & 0xFF), (EARLIER + 7, EARLIER + 7 & 0xFF)]


def test_commands_wait_for_the_boot_that_runs():
    link = KeptLink(b"gk-7", EARLIER)
    peer = Peer()
    peer.link = link
    link.load(5, message_ids.FAULT_EVENT, bytes(10))
    peer.open(boot=EARLIER)
    peer.command(message_ids.MODE, pack("<HB", 1, 0))
    assert link.next_command() is None
    assert link.connected(0)


def test_telemetry_is_kept_once_a_minute_while_no_host_is_there():
    chip = blank()
    life = Life(chip, EARLIER)
    row = [0] * 45
    for now_ms in range(0, 300000, 1000):
        life.recorder.follow(now_ms >= 200000, now_ms)
        life.main.post(message_ids.TELEMETRY, row)
        life.keep()
    kept = [kind for _number, kind, _data in life.recorder._journal.entries()]
    assert kept == [message_ids.TELEMETRY] * 4


def test_what_has_no_sequence_any_more_is_not_kept():
    chip = blank()
    life = Life(chip, EARLIER)
    life.keep()
    life.main._ring.next = SEQUENCE_LAST
    posted(life, (100, 200))
    life.keep()
    life = Life(chip, NOW)
    life.open(boot=EARLIER)
    [record] = life.records()
    assert (sequence_of(record), uptime_of(record)) == (SEQUENCE_LAST, 100)
    life.ack(SEQUENCE_LAST)
    life.next_earlier()
    assert life.earlier is None


def test_answers_are_not_kept():
    life = Life(blank(), EARLIER)
    life.main.post(message_ids.PARAMETER, (1, 0, 2, 3))
    assert not life.recorder._journal.waiting


def test_the_energy_counter_goes_on_after_a_power_cut():
    chip = blank()
    site = Site(Connector())
    life = Life(chip, EARLIER, site)
    life.keep()
    site.power_w = site.envelope.permitted_w = 7400
    for energy_wh in range(0, 12345, 50):
        site.connector.meter.energy_wh = energy_wh
        life.recorder.follow(False, 0)
        life.keep()
    again = Site(Connector())
    Life(chip, NOW, again)
    assert 12300 - 1000 <= again.connector.meter.energy_wh <= 12300
    site.power_w = site.envelope.permitted_w = 0
    life.recorder.follow(False, 0)
    life.keep()
    again = Site(Connector())
    Life(chip, NOW, again)
    assert again.connector.meter.energy_wh == 12300, "the power ended"


def test_the_energy_counter_outlives_any_number_of_faults():
    chip = blank()
    site = Site(Connector())
    life = Life(chip, EARLIER, site)
    site.connector.meter.energy_wh = 777
    for uptime in range(400):
        life.recorder.follow(False, 0)
        posted(life, (uptime,))
        life.keep()
    again = Site(Connector())
    Life(chip, NOW, again)
    assert again.connector.meter.energy_wh == 777


def test_who_was_granted_power_and_when_is_kept():
    chip = blank()
    site = Site(Connector())
    life = Life(chip, EARLIER, site)
    life.keep()
    for access in (1, 1, 2, 0):
        site.connector.access = access
        life.recorder.follow(False, 0)
    life.keep()
    kept = [data for _number, kind, data in life.recorder._journal.entries() if kind == entries.CONSENT]
    assert [data[4] for data in kept] == [1, 2, 0]
    assert entries.read_u32(kept[0], 0) == 1767225600


def test_no_block_is_erased_while_power_flows():
    chip = blank()
    site = Site()
    life = Life(chip, EARLIER, site)
    life.keep()
    site.power_w = -5000
    erased = list(chip.erased)
    for uptime in range(600):
        posted(life, (uptime,))
        life.keep()
    assert chip.erased == erased
    assert life.recorder.dropped > 0
    life.recorder.follow(False, 0)
    assert site.faults.is_active(RECORDS_DROPPED)
    life.recorder.acknowledged(600)
    life.recorder.follow(False, 0)
    assert not site.faults.is_active(RECORDS_DROPPED), "the host has all there is"
    site.power_w = 0
    life.keep()
    assert chip.erased != erased
