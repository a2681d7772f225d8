"""An image on trial in a whole controller: it moves no power before it confirmed itself, and goes back if it cannot."""

from controller_setup import ControllerSetup
from link_peer import BOOT
from power_cuts import NEW, OLD, SECOND, Update, install, provisioned, running

from gridkeel.clock import WallClock
from gridkeel.link.device import DeviceLink
from gridkeel.runtime.quiet import is_quiet
from gridkeel.runtime.storage import Storage
from gridkeel.update import refusals, selector, slots

WASM_GROUP = 0  # a minute of virtual time takes half a minute there


class ResetError(Exception):
    """The board starts anew."""


class Board:
    boot_id = BOOT

    def __init__(self, site):
        self._site = site

    def ticks_ms(self):
        return self._site.charger.now

    def energise(self, on):
        assert not on


class Held:
    held = stopped = False
    device_id = b"gk-7"
    code = 0

    def hold(self, held):
        self.held = held


class Site:
    """A controller with its inverter and mains, and the App around it as far as Storage looks."""

    def __init__(self, chip):
        self.charger = ControllerSetup({"start_delay_ms": 0})
        self.controller = self.charger.controller
        self.controller.protection.allow(True)
        self.board = Board(self)
        self.clock = WallClock()
        self.commands = self.config = Held()
        self.link = DeviceLink(b"gk-7", BOOT, 16)
        self.heard = True
        self.health = self
        self.uptime_ms = 0
        chip.reset = self._reset
        self.storage = Storage(self, chip)
        if self.storage.updates.trial:
            self.storage.updates.trial.hold_ms = 1000  # virtual seconds cost real ones
            self.storage.updates.trial.limit_ms = 6000
        self.flowed = False

    def _reset(self):
        raise ResetError

    def run(self, ms):
        """Return whether the board asked for a reset meanwhile."""
        try:
            for _ in range(ms // 100):
                self.charger.run(100)
                self.storage.follow(self.heard, self.charger.now)
                if self.storage.due:
                    self.storage.write()
                self.flowed = self.flowed or self.controller.envelope.permitted_w != 0
        except ResetError:
            return True
        return False


def on_trial():
    chip = provisioned()
    Update().tell(chip)
    assert running(chip)[0] == NEW
    return chip


def test_a_sound_image_confirms_itself_and_only_then_lets_power_flow():
    chip = on_trial()
    site = Site(chip)
    assert site.commands.held, "auto is refused"
    while selector.read_record(chip).state != selector.CONFIRMED:
        assert not site.flowed
        assert not site.run(100)
    assert not site.commands.held
    assert selector.read_record(chip).counter == 5
    assert not site.run(2000)
    assert site.flowed
    assert running(chip)[0] == NEW


def test_an_image_whose_inverter_is_silent_goes_back_without_having_moved_power():
    chip = on_trial()
    site = Site(chip)
    site.charger.slave.mute = True
    assert site.run(7000), "no reset"
    assert not site.flowed
    data, record = running(chip)
    assert (data, record.state, record.counter) == (OLD, selector.CONFIRMED, 4)


def test_an_image_that_no_host_hears_goes_back():
    site = Site(on_trial())
    site.heard = False
    assert site.run(7000)
    assert not site.flowed


def test_what_the_host_stopped_stays_stopped_after_the_confirmation():
    chip = on_trial()
    site = Site(chip)
    site.commands.stopped = True
    site.run(5000)
    assert selector.read_record(chip).state == selector.CONFIRMED
    assert not site.flowed


def test_the_switch_waits_until_no_power_flows_and_all_is_well():
    chip = provisioned()
    site = Site(chip)
    site.run(4500)
    updates = site.storage.updates
    install(chip, 1, SECOND, 5)
    assert site.flowed and not is_quiet(site.controller)
    assert not updates.switch(True, is_quiet(site.controller))
    site.controller.protection.allow(False)
    site.run(2000)
    assert is_quiet(site.controller)
    assert not updates.switch(False, True), "no host"
    assert selector.read_record(chip).state == selector.CONFIRMED
    assert updates.switch(True, is_quiet(site.controller))
    assert not site.run(500), "the host hears of it first"
    assert site.run(1000), "the board starts anew"
    assert running(chip)[0] == NEW
    try:
        slots.idle_slot(chip)
        raise AssertionError("both images are needed")
    except refusals.UpdateError as error:
        assert error.code == refusals.ON_TRIAL
