"""The kernels in plain Python: the oracle of kernels.py, and what runs where there is no viper.

Ranges, for |sample| <= 32768, table amplitude 2**14 and up to 192 samples a cycle: a product is under 2**29, p under
2**14 + 1, a one-cycle sum under 2**22, a two-cycle sum under 2**29; nothing reaches 2**30.
"""

from gridkeel import TYPE_CHECKING

if TYPE_CHECKING:
    from array import array


def mix(
    samples: "array[int]", table: "array[int]", ring: "array[int]", n: int, acc: "array[int]", out: "array[int]"
) -> int:
    """Mix n samples to baseband and run both one-cycle boxcars; return how many hops were written to out.

    table: array('h'), cos and -sin in turn, one cycle, amplitude 2**14.  ring: array('i'), four values a table entry.
    acc: array('i'), i1 q1 i2 q2 size hop k left clipped.  out: array('i'), i2 q2 i1 q1 a hop.
    """
    size = acc[4]
    k = acc[6]
    left = acc[7]
    i1 = acc[0]
    q1 = acc[1]
    i2 = acc[2]
    q2 = acc[3]
    hops = 0
    for s in range(n):
        x = samples[s]
        if x > 32700 or x < -32700:
            acc[8] += 1
        at = 4 * k
        p = (x * table[2 * k] + 16384) >> 15
        i1 += p - ring[at]
        ring[at] = p
        p = (x * table[2 * k + 1] + 16384) >> 15
        q1 += p - ring[at + 1]
        ring[at + 1] = p
        i2 += i1 - ring[at + 2]
        ring[at + 2] = i1
        q2 += q1 - ring[at + 3]
        ring[at + 3] = q1
        k += 1
        if k == size:
            k = 0
        left -= 1
        if left == 0:
            left = acc[5]
            out[4 * hops] = i2
            out[4 * hops + 1] = q2
            out[4 * hops + 2] = i1
            out[4 * hops + 3] = q1
            hops += 1
    acc[0] = i1
    acc[1] = q1
    acc[2] = i2
    acc[3] = q2
    acc[6] = k
    acc[7] = left
    return hops


def phase(i: int, q: int, atan: "array[int]") -> int:
    """Return the angle of i + jq in millionths of half a turn, -10**6..10**6.

    |i|, |q| < 2**30.  atan: array('i') of 258, atan(k / 256) in the same unit.  Error: under 2 units (6 urad).
    """
    a = i if i >= 0 else 0 - i
    b = q if q >= 0 else 0 - q
    big = a if a >= b else b
    small = b if a >= b else a
    if big == 0:
        return 0
    while big >= 262144:
        big >>= 1
        small >>= 1
    while big < 131072:
        big <<= 1
        small <<= 1
    high = (small << 12) // big
    low = (((small << 12) - high * big) << 11) // big
    ratio = (high << 11) + low
    at = ratio >> 15
    base = atan[at]
    turn = base + (((atan[at + 1] - base) * (ratio & 32767) + 16384) >> 15)
    if a < b:
        turn = 500000 - turn
    if i < 0:
        turn = 1000000 - turn
    return turn if q >= 0 else 0 - turn


def magnitude(i: int, q: int) -> int:
    """Return |i + jq| rounded down, to 2**-12 of itself or 1; |i|, |q| < 2**29."""
    a = i if i >= 0 else 0 - i
    b = q if q >= 0 else 0 - q
    shift = 0
    while a >= 16384 or b >= 16384:
        a >>= 1
        b >>= 1
        shift += 1
    square = a * a + b * b
    if square == 0:
        return 0
    root = 32768
    while True:
        better = (root + square // root) >> 1
        if better >= root:
            return root << shift
        root = better


def bends(state: "array[int]", angle: int, size_mv: int) -> int:
    """Take the one-cycle phase and amplitude of a hop; return its bend (jumps.py), BEND_MAX at the most.

    state: array('i') of 10: the angle before; four turns, the newest first; four amplitudes alike, under 2**25 mV; the
    amplitude's part of the bend. Angle and turns with ZERO more, so that none is negative, for a ptr32 load is unsigned
    on a 64-bit build; in a bend it drops out.
    """
    angle += 2097152
    turn = angle - state[0]
    state[0] = angle
    if turn > 1000000:
        turn -= 2000000
    elif turn < -1000000:
        turn += 2000000
    turn += 2097152
    bend = turn + state[1] - state[2] - state[3]
    if bend < 0:
        bend = 0 - bend
    state[4] = state[3]
    state[3] = state[2]
    state[2] = state[1]
    state[1] = turn
    bend_mv = size_mv - 2 * state[6] + state[8]
    if bend_mv < 0:
        bend_mv = 0 - bend_mv
    # Against the larger of now and half a cycle ago. Sizes are under 2**25 mV: 2**26 / 2**3 * 2**5 stays in range.
    whole_mv = state[6]
    if whole_mv < size_mv:
        whole_mv = size_mv
    state[8] = state[7]
    state[7] = state[6]
    state[6] = state[5]
    state[5] = size_mv
    part = (bend_mv >> 3) * 32 // ((whole_mv >> 8) + 1)
    shrunk = part * 311 if part < 1024 else 160000
    state[9] = shrunk
    bend += shrunk
    return bend if bend < 160000 else 160000


def strikes(state: "array[int]", bend: int, steady: int, held: int) -> int:
    """Take the bend of a hop; return whether it strikes: 0, DOUBTFUL or BEYOND_DOUBT.

    state: that of `bends`, with the usual bend (times 2**4), the largest of late, how many hops were watched, three
    bends, the newest first, SUDDEN and SUSPICIOUS behind it.
    steady: the windows are full.  held: increments are held, so that nothing is usual.
    """
    usual = state[10] >> 4
    state[10] += bend - usual
    peak = state[11]
    striking = 0
    if bend > state[16] + 3 * usual:
        striking = 2
    elif state[12] == 24 and bend > state[17] + peak + (peak >> 1):
        striking = 1
    if not steady:
        state[11] = 0
        state[12] = 0
    elif not held:
        # A jump's own rise takes two hops: it must not hide its top.
        peak -= peak >> 7
        if peak < state[15]:
            peak = state[15]
        state[11] = peak
        if state[12] < 24:
            state[12] += 1
    state[15] = state[14]
    state[14] = state[13]
    state[13] = bend
    return striking


def weigh_each(
    ring: "array[int]", weights: "array[int]", head: int, size: int, counts: bytes, windows: int, out: "array[int]"
) -> None:
    """Do what `weigh` does for several windows: counts[i] of the weights, one after the other, make out[i]."""
    at = 0
    for window in range(windows):
        total = 0
        k = head
        for _ in range(counts[window]):
            total += ring[k] * weights[at]
            at += 1
            k -= 1
            if k < 0:
                k = size - 1
        out[window] = total


def weigh(ring: "array[int]", head: int, size: int, weights: "array[int]", n: int, out: "array[int]", at: int) -> None:
    """Put sum(weights[j] * ring[head - j]) for j < n into out[at]; ring is circular, of `size`.

    With |ring| <= 220,000 and weights whose sizes sum to at most 4,660 the sum stays under 2**30.
    """
    total = 0
    k = head
    for j in range(n):
        total += ring[k] * weights[j]
        k -= 1
        if k < 0:
            k = size - 1
    out[at] = total
