"""Which settings the driver writes and which not: small changes, stops on the way, an inverter that takes its time."""

from sunspec_slave import Slave, der_models, driving, settings

LONG = {"reversion_s": 300}  # no refresh in between


def test_a_small_change_that_is_taken_back_is_not_written():
    slave = Slave(der_models())
    setup = driving(slave, 1000, LONG)
    before = len(settings(slave))
    setup.run(100, 1005)
    setup.run(1000, 1000)
    assert len(settings(slave)) == before
    setup.run(1000, 1005)
    assert len(settings(slave)) == before + 1 and slave.signed32(704, 24) == -1005


def test_a_stop_of_what_never_went_out_is_not_written():
    slave = Slave(der_models())
    setup = driving(slave, 0, LONG)
    before = len(settings(slave))
    setup.run(100, 5)
    setup.run(1000, 0)
    assert len(settings(slave)) == before


def test_a_stop_while_a_small_setting_is_on_its_way_follows_at_once():
    slave = Slave(der_models())
    setup = driving(slave, 0, LONG)
    setup.latency_ms = 30
    while slave.signed32(704, 24) == 0:
        setup.run(1, 5)
    assert setup.inverter.active.commanded_w == 0  # not acknowledged yet
    setup.run(100, 0)
    assert slave.signed32(704, 24) == 0


class Slow(Slave):
    """Shows what was written 60 ms later."""

    DELAY_MS = 60

    def __init__(self, models):
        super().__init__(models)
        self._late = []

    def handle(self, frame, now):
        while self._late and now - self._late[0][0] >= self.DELAY_MS:
            _ms, first, words = self._late.pop(0)
            for i in range(len(words)):
                self.words[first + i] = words[i]
        before = bytes(self.words), len(self.writes)
        answer = super().handle(frame, now)
        if len(self.writes) > before[1]:
            _ms, address, words = self.writes[-1]
            first = address - self.base
            for i in range(len(words)):
                at = 2 * (first + i)
                self.words[first + i] = int.from_bytes(before[0][at : at + 2], "little")
            self._late.append((now, first, words))
        return answer


def test_a_setting_that_is_still_young_is_not_held_against_the_inverter():
    slave = Slow(der_models())
    setup = driving(slave, 1000, LONG)
    before = len(settings(slave))
    for turn in range(30):
        setup.run(90, 1000 + 100 * (turn % 7 + 1))
        assert setup.inverter.fault == 0
    assert setup.inverter.faults.overridden == 0
    assert len(settings(slave)) - before == 30
