"""Jumps of phase or amplitude, kept apart from changes of frequency by how suddenly the one-cycle phasor turns.

A suspicion is held at once and tried once the phasor is clear of what caused it: where the phase has left the old
frequency's line as a change of frequency does, and not in one go, it is given up and nothing is lost.
"""

from array import array

try:
    from gridkeel.sensing.kernels import bends, strikes
except (ImportError, SyntaxError, AttributeError):  # CPython, or a port without the viper emitter
    from gridkeel.sensing.twins import bends, strikes

ZERO = 1 << 21  # of an angle and a turn as `bends` keeps them
TURN_1, TURN_2, TURN_3, TURN_4 = range(1, 5)  # places in its state
SHRUNK = 9
USUAL, PEAK, WATCHED, BEND = range(10, 14)
STATE = [ZERO] * 5 + [0] * 11
DOUBTFUL, BEYOND_DOUBT = 1, 2  # what `strikes` says of a bend:
# beyond doubt over SUDDEN and three times the mean of the last 16 hops, 80 ms at 50 Hz: a steady interferer's peak is
# 1.6 times its mean; doubtful over SUSPICIOUS and one and a half times the largest of late, which fades by half in
# 0.4 s: a beat of two interferers is still known; only once 24 hops were watched, a half wave of 4 Hz.
SUDDEN = 6667  # 1.2 degrees: a jump of 2.4 degrees or more; a frequency step must pass 0.67 Hz to look like one
SUSPICIOUS = 2222  # 0.4 degrees: a jump of 0.8 to 1.1 degrees, or a frequency step of 0.22 Hz
BEND_MAX = 160000  # keeps one wild hop from deafening the detector
HOLD_HOPS = 9  # the hop that notices it and eight more: until the jump has left both boxcars
BACK_HOPS = 3  # increments already in the ring that the jump may have touched when it is noticed
TRIAL_HOPS = 6  # after it was noticed the one-cycle phasor has been clear of it for half a cycle
RAMP_HOPS = 6  # hops of the new frequency's ramp in the residual then, give or take one and a half
JUMP_LEAST = 3333  # 0.6 degrees: three times what noise at 40 dB leaves of a residual
COST = 80  # hops of credit a hold takes: one in 0.4 s for ever; noise or a broken sensor must not hold the estimate
CREDIT_MAX = 4 * COST  # four in a row: a fault's begin and end, twice
SPARED = 2 * COST  # what suspicions leave for jumps that are beyond doubt

NOTHING, NOTICED, GIVEN_UP = range(3)


class JumpDetector:
    """Watches the one-cycle phasor; `held` counts the hops whose increments are not believed.

    With the phasor taken every quarter cycle, its second difference over half cycles (the bend) is half of a jump
    within half a cycle of it, and at most 1.8 degrees per hertz of a frequency step.  Half a cycle apart the mixer's
    image and the ripple of a change are alike and drop out.  A bend of the amplitude counts as one of the phase does:
    a radian is as much as the whole amplitude (1,024 parts, 311 units of the phase each).
    """

    def __init__(self) -> None:
        self.held = 0
        self.seen = 0  # jumps since the start, wrapping at 2**16, less those given up
        self._state = array("i", STATE + [SUDDEN, SUSPICIOUS])
        self._credit = CREDIT_MAX
        self._before = 0
        self._residual = 0
        self._on_trial = False

    def update(self, angle: int, size_mv: int, steady: bool) -> int:
        """Take the one-cycle phase and amplitude of a hop; return NOTICED, GIVEN_UP or NOTHING.

        steady: the windows are full, so that there is something to hold on to; after NOTICED call `hold_to`.
        """
        state = self._state
        striking = strikes(state, bends(state, angle, size_mv), steady, self.held)
        if self._credit < CREDIT_MAX:
            self._credit += 1
        if self.held:
            return self._go_on()
        if not striking or not steady or self._credit < (COST if striking == BEYOND_DOUBT else COST + SPARED):
            return NOTHING
        self._credit -= COST
        self.held = HOLD_HOPS
        self.seen = (self.seen + 1) & 0xFFFF
        # What the amplitude did says nothing of the frequency, and disturbs the phase: no trial.
        self._on_trial = self._state[SHRUNK] <= SUDDEN
        return NOTICED

    def hold_to(self, before: int) -> None:
        """Say what the phase increments were before what was noticed now."""
        self._before = before
        state = self._state
        turned = state[TURN_1] + state[TURN_2] + state[TURN_3] + state[TURN_4] - 4 * ZERO
        self._residual = turned - 4 * before

    def _go_on(self):
        turn = self._state[TURN_1] - ZERO
        self.held -= 1
        if self._state[SHRUNK] > SUDDEN:
            self._on_trial = False
        self._residual += turn - self._before
        if self._on_trial and self.held == HOLD_HOPS - TRIAL_HOPS and not self._jumped(turn):
            self.held = 0
            self.seen = (self.seen - 1) & 0xFFFF
            return GIVEN_UP
        return NOTHING

    def _jumped(self, turn):
        """Say whether the residual holds more than the ramp that the new frequency alone has made of it."""
        faster = turn + self._state[TURN_2] - ZERO - 2 * self._before  # over the last half cycle
        jump = self._residual - RAMP_HOPS // 2 * faster
        doubt = JUMP_LEAST + (faster if faster >= 0 else -faster)
        return jump > doubt or jump < -doubt
