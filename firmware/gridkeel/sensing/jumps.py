"""Jumps of phase or amplitude: told from true changes of frequency by how suddenly the one-cycle phasor turns."""

HALF_TURN = 1000000
SUDDEN = 6667  # 1.2 degrees: a jump of 2.4 degrees or more; a frequency step must pass 0.67 Hz to look like one
USUAL_FACTOR = 3  # of the mean bend of late: a steady interferer's peak is 1.6 times its mean
USUAL_SHIFT = 4  # ... over 16 hops, 80 ms at 50 Hz
BEND_MAX = 160000  # keeps one wild hop from deafening the detector
HOLD_HOPS = 9  # the hop that notices it and eight more: until the jump has left both boxcars
BACK_HOPS = 3  # increments already in the ring that the jump may have touched when it is noticed
PART_TO_TURN = 311  # 1,024 parts are the whole amplitude, and as much as a radian
COST = 80  # hops of credit a hold takes: one in 0.4 s for ever; noise or a broken sensor must not hold the estimate
CREDIT_MAX = 4 * COST  # four in a row: a fault's begin and end, twice


class JumpDetector:
    """Watches the one-cycle phasor; `held` counts the hops whose increments are not believed.

    With the phasor taken every quarter cycle, its second difference over half cycles (the bend) is half of a jump
    within half a cycle of it, and at most 1.8 degrees per hertz of a frequency step.  Half a cycle apart the mixer's
    image and the ripple of a change are alike and drop out.  A bend of the amplitude counts as one of the phase does:
    a radian is as much as the whole amplitude.
    """

    def __init__(self):
        self.held = 0
        self.seen = 0  # jumps since the start, wrapping at 2**16
        self._angle = 0
        self._turn_1 = 0
        self._turn_2 = 0
        self._turn_3 = 0
        self._size_1 = 0
        self._size_2 = 0
        self._size_3 = 0
        self._size_4 = 0
        self._usual = 0  # mean bend, times 2**USUAL_SHIFT
        self._credit = CREDIT_MAX

    def update(self, angle, size_mv, steady):
        """Take the one-cycle phase and amplitude of a hop; return True where a jump is noticed now.

        steady: the windows are full, so that there is something to hold on to.
        """
        bend = self._phase_bend(angle) + self._size_bend(size_mv)
        if bend > BEND_MAX:
            bend = BEND_MAX
        sudden = bend > SUDDEN + USUAL_FACTOR * (self._usual >> USUAL_SHIFT)
        self._usual += bend - (self._usual >> USUAL_SHIFT)
        if self._credit < CREDIT_MAX:
            self._credit += 1
        if self.held:
            self.held -= 1
            return False
        if not sudden or not steady or self._credit < COST:
            return False
        self._credit -= COST
        self.held = HOLD_HOPS
        self.seen = (self.seen + 1) & 0xFFFF
        return True

    def _phase_bend(self, angle):
        turn = angle - self._angle
        self._angle = angle
        if turn > HALF_TURN:
            turn -= 2 * HALF_TURN
        elif turn < -HALF_TURN:
            turn += 2 * HALF_TURN
        bend = turn + self._turn_1 - self._turn_2 - self._turn_3
        self._turn_3 = self._turn_2
        self._turn_2 = self._turn_1
        self._turn_1 = turn
        return bend if bend >= 0 else -bend

    def _size_bend(self, size_mv):
        bend_mv = size_mv - 2 * self._size_2 + self._size_4
        self._size_4 = self._size_3
        self._size_3 = self._size_2
        self._size_2 = self._size_1
        self._size_1 = size_mv
        if bend_mv < 0:
            bend_mv = -bend_mv
        # Against the larger of now and half a cycle ago. Sizes are under 2**25 mV: 2**26 / 2**3 * 2**5 stays in range.
        whole_mv = self._size_3 if self._size_3 > size_mv else size_mv
        part = (bend_mv >> 3) * 32 // ((whole_mv >> 8) + 1)
        return part * PART_TO_TURN if part < 1024 else BEND_MAX
