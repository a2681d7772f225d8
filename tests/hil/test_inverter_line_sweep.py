"""The inverter driver on a line that misbehaves, swept: delays, ends of the map, refusals, lost and foreign frames."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "device"))

from sunspec_line import AT_ONCE, DEAF, QUEUED, Ends, Line, astray, both_models, confirmed, dice, framed, refusing
from sunspec_slave import Slave, der_models, legacy_models

from gridkeel import errors, ticks
from gridkeel.inverter import DRIVING

DEVICES = {"704": (der_models, 704), "124": (legacy_models, 124), "124 and 704": (both_models, 704)}
DELAYS_MS = (60, 150, 250, 450, 700, 1200)
CODES = (1, 2, 3, 4, 5, 6, 8, 10, 11)
TAILS = {
    "nothing": [],
    "one zero": [0],
    "zeros": [0, 0],
    "many zeros": [0] * 20,
    "end model": [0xFFFF, 0],
    "half an end model": [0xFFFF],
    "ones": [0xFFFF, 0xFFFF],
    "a length of 0xFFFF": [64999, 0xFFFF],
    "704 with a length of 0xFFFF": [704, 0xFFFF],
    "a length past the last register": [64999, 0xF000],
    "an ID without a length": [64999],
}


def drive(line: Line, ms: int, power_w: int = 2000) -> bool:
    return line.run(ms, power_w, lambda: line.inverter.active.commanded_w == power_w)


def judge(line: Line, number: int) -> None:
    """Nothing was written but to a model that was confirmed, and only to points the power is set by."""
    assert not astray(line.slave, (number,))
    assert confirmed(line, number)


def complete(line: Line) -> bool:
    """All that the device reports is known."""
    inverter, now = line.inverter, line.now
    known = inverter.device.identity()[0] == "Maker" and inverter.charge_rating_w > 0 and inverter.soc_pct_x100 > 0
    return known and inverter.power_age(now) < 3000 and inverter.soc_age(now) < 6000


@pytest.mark.parametrize("behaves", [AT_ONCE, QUEUED, DEAF])
def test_random_delays_of_the_first_questions_lead_to_no_wrong_write(behaves):
    """5,000 draws, a third of them a device."""
    for seed in range(behaves, 5000, 3):
        below = dice(seed + 1)
        delays = [DELAYS_MS[below(len(DELAYS_MS))] for _ in range(12)]
        models, number = (der_models, 704) if seed % 2 else (both_models, 704)
        start = 0 if seed % 5 else ticks.MASK - 3000  # the tick wraps in the middle of the walk
        line = Line(Slave(models()), lambda i, delays=delays: delays[i] if i < 12 else 60, behaves, start=start)
        assert drive(line, 30000), (seed, delays)
        judge(line, number)
        assert errors.INVERTER_NOT_FOUND not in line.faults, (seed, delays)


@pytest.mark.parametrize("behaves", [AT_ONCE, QUEUED, DEAF])
@pytest.mark.parametrize("device", DEVICES)
def test_every_constant_delay_is_found_and_driven(device, behaves):
    models, number = DEVICES[device]
    for delay_ms in (3, 60, 190, *range(250, 581, 30), 580, 700, 900, 1200, 1450):
        line = Line(Slave(models()), lambda i, delay_ms=delay_ms: delay_ms, behaves)
        assert drive(line, 90000), delay_ms
        judge(line, number)
        assert line.inverter.state == DRIVING
        assert (errors.INVERTER_SLOW in line.faults) == (delay_ms > 200)
        assert line.faults <= {errors.NO_FAULT, errors.INVERTER_SLOW}, (delay_ms, line.faults)


@pytest.mark.parametrize("device", DEVICES)
def test_delays_all_the_time_lead_to_no_write_astray(device):
    models, number = DEVICES[device]
    for seed in range(100):
        below = dice(seed + 1)
        line = Line(Slave(models()), lambda i, below=below: DELAYS_MS[below(len(DELAYS_MS))], seed % 3)
        drive(line, 60000)
        for turn in range(10):
            line.run(3000, 2000 * (turn % 2))
        judge(line, number)


@pytest.mark.parametrize("late_ms", [*range(395, 415), *range(595, 615), *range(795, 815)])
def test_a_late_measurement_is_not_taken_for_a_newer_one(late_ms):
    slave = Slave(der_models())
    slave.follows = False
    line = Line(slave, lambda i: 3)
    drive(line, 2000)
    handle, late = slave.handle, []

    def measured(frame, now):
        """One measurement shows 999 W, those after it 2,222 W."""
        first = not late and frame[2] << 8 | frame[3] == slave.address(701, 4)
        slave.set(701, 10, -999 if first else -2222)
        if first:
            late.append(len(line.asked) - 1)
        return handle(frame, now)

    def answer(i, frame):
        if i not in late:
            return frame
        line.put(line.now + late_ms, frame, line.asked[i])
        return b""

    slave.handle, line.answer = measured, answer
    seen = set()
    for _ in range(300):
        line.run(5, 2000)
        seen.add(line.inverter.power_w)
    assert late and 2222 in seen
    assert 999 not in seen


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("device", DEVICES)
def test_every_map_is_driven_however_it_ends(device, tail):
    """What is past it is refused with any code, or silent (0)."""
    models, number = DEVICES[device]
    for code in (*CODES, 0):
        line = Line(Ends(models(), TAILS[tail], code), lambda i: 3)
        assert drive(line, 10000), code
        judge(line, number)
        line.run(6000, 2000)
        assert complete(line), code
        assert line.inverter.fault == errors.NO_FAULT, code
        assert errors.INVERTER_SILENT not in line.faults


@pytest.mark.parametrize("number", [0, 1, 120, 124, 701, 702, 704, 713])
@pytest.mark.parametrize("device", DEVICES)
def test_refusals_that_pass_make_no_model_absent(device, number):
    """Of all reads (0) or of those that touch one model, so many in a row or for so long."""
    models, driven = DEVICES[device]
    if number and number not in [words[0] for words in models()]:
        return
    for code in CODES:
        for times, until in ((1, 0), (2, 0), (3, 0), (5, 0), (8, 0), (1 << 20, 300), (1 << 20, 1000), (1 << 20, 2500)):
            line = Line(Slave(models()), lambda i: 3)
            refusing(line, number, code, times, until)
            assert drive(line, 20000), (code, times, until)
            judge(line, driven)
            found = line.run(30000, 2000, lambda line=line: complete(line))
            assert found, (code, times, until)
            line.run(500, 2000)
            assert line.inverter.fault == errors.NO_FAULT, (code, times, until, line.inverter.fault)


def test_704_is_never_passed_over_however_long_a_passing_code_lasts_below_seven_seconds():
    for code in (4, 5, 6, 10, 11):
        for until in range(500, 6600, 500):
            line = Line(Slave(both_models()), lambda i: 3)
            refusing(line, 704, code, 1 << 20, until)
            assert drive(line, 30000), (code, until)
            judge(line, 704)


class Troubles:
    """What may befall an answer, by a seeded draw, one in `rate`."""

    KINDS = ("lost", "twice", "refused", "foreign", "longer", "the one before again", "damaged")

    def __init__(self, line: Line, seed: int, kinds: tuple[str, ...], rate: int):
        self._line, self._below, self._kinds, self._rate = line, dice(seed), kinds, rate
        self._before = b""
        line.answer = self._answer

    def _answer(self, i: int, frame: bytes) -> list[bytes]:
        before, self._before = self._before, frame
        if self._below(self._rate) or not frame:
            return [frame]
        kind = self._kinds[self._below(len(self._kinds))]
        if kind == "lost":
            return []
        if kind == "twice":
            return [frame, frame]
        if kind == "refused":
            return [framed((1, self._line.asked[i][1] | 0x80, CODES[self._below(len(CODES))]))]
        if kind == "foreign":
            return [framed((9, *frame[1:-2])), frame]
        if kind == "longer" and frame[1] == 3:
            return [framed((1, 3, frame[2] + 2, *frame[3:-2], 0, 0))]
        if kind == "damaged":
            return [frame[:-1] + bytes((frame[-1] ^ 1,))]
        return [before, frame]


@pytest.mark.parametrize("kind", [*Troubles.KINDS, "all"])
@pytest.mark.parametrize("device", DEVICES)
def test_random_line_faults_lead_to_no_wrong_write(device, kind):
    models, number = DEVICES[device]
    kinds = Troubles.KINDS if kind == "all" else (kind,)
    for seed in range(30):
        below = dice(seed + 5)
        line = Line(Slave(models()), lambda i, below=below: (3, 60, 250)[below(3)], seed % 3)
        line.echoing = seed % 5 == 4
        Troubles(line, seed + 1, kinds, (6, 20, 60)[seed % 3])
        assert drive(line, 120000), seed
        for turn in range(5):
            line.run(2000, 2000 * (turn % 2))
        judge(line, number)
        assert line.inverter.charge_rating_w in (0, 7000, 7400)
        assert line.inverter.soc_pct_x100 in (-1, 6230, 5500)


@pytest.mark.parametrize(("rate", "median_ms"), [(100, 400), (20, 1000), (10, 3500)])
def test_a_lossy_line_is_found_all_the_same(rate, median_ms):
    taken = []
    for seed in range(31):
        below = dice(seed + 7)
        line = Line(Slave(der_models()), lambda i: 3)
        line.answer = lambda i, frame, below=below: frame if below(rate) else b""
        assert drive(line, 60000), seed
        taken.append(line.now)
    assert sorted(taken)[15] <= median_ms, sorted(taken)
