"""Viper kernels of the frequency path; twins.py holds the same functions in plain Python.

viper checks no bounds: the callers own the sizes. A ptr32 load is unsigned on a 64-bit build, so every sum here is
right modulo 2**32 only, and becomes a signed number again when it is stored into an array('i').
"""
# ruff: noqa: F821

import micropython


@micropython.viper
def mix(samples: ptr16, table: ptr16, ring: ptr32, n: int, acc: ptr32, out: ptr32) -> int:
    size = int(acc[4])
    hop = int(acc[5])
    left = int(acc[7])
    clipped = int(acc[8])
    i1 = int(acc[0])
    q1 = int(acc[1])
    i2 = int(acc[2])
    q2 = int(acc[3])
    hops = 0
    # What walks on with each sample are the first three arguments, which viper keeps in registers.
    first = int(table)
    first_ring = int(ring)
    end = first + 4 * size
    table = ptr16(first + 4 * int(acc[6]))
    ring = ptr32(first_ring + 16 * int(acc[6]))
    for _ in range(n):
        x = (int(samples[0]) ^ 0x8000) - 0x8000
        samples = ptr16(int(samples) + 2)
        if x > 32700 or x < -32700:
            clipped += 1
        p = (x * ((int(table[0]) ^ 0x8000) - 0x8000) + 16384) >> 15
        i1 += p - int(ring[0])
        ring[0] = p
        p = (x * ((int(table[1]) ^ 0x8000) - 0x8000) + 16384) >> 15
        q1 += p - int(ring[1])
        ring[1] = p
        i2 += i1 - int(ring[2])
        ring[2] = i1
        q2 += q1 - int(ring[3])
        ring[3] = q1
        table = ptr16(int(table) + 4)
        ring = ptr32(int(ring) + 16)
        if int(table) == end:
            table = ptr16(first)
            ring = ptr32(first_ring)
        left -= 1
        if left == 0:
            left = hop
            out[4 * hops] = i2
            out[4 * hops + 1] = q2
            out[4 * hops + 2] = i1
            out[4 * hops + 3] = q1
            hops += 1
    acc[0] = i1
    acc[1] = q1
    acc[2] = i2
    acc[3] = q2
    acc[6] = (int(table) - first) >> 2
    acc[7] = left
    acc[8] = clipped
    return hops


@micropython.viper
def phase(i: int, q: int, atan: ptr32) -> int:
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
    base = int(atan[at])
    turn = base + (((int(atan[at + 1]) - base) * (ratio & 32767) + 16384) >> 15)
    if a < b:
        turn = 500000 - turn
    if i < 0:
        turn = 1000000 - turn
    return turn if q >= 0 else 0 - turn


@micropython.viper
def magnitude(i: int, q: int) -> int:
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


@micropython.viper
def bends(state: ptr32, angle: int, size_mv: int) -> int:
    angle += 2097152
    turn = angle - int(state[0])
    state[0] = angle
    if turn > 1000000:
        turn -= 2000000
    elif turn < -1000000:
        turn += 2000000
    turn += 2097152
    bend = turn + int(state[1]) - int(state[2]) - int(state[3])
    if bend < 0:
        bend = 0 - bend
    state[4] = int(state[3])
    state[3] = int(state[2])
    state[2] = int(state[1])
    state[1] = turn
    bend_mv = size_mv - 2 * int(state[6]) + int(state[8])
    if bend_mv < 0:
        bend_mv = 0 - bend_mv
    whole_mv = int(state[6])
    if whole_mv < size_mv:
        whole_mv = size_mv
    state[8] = int(state[7])
    state[7] = int(state[6])
    state[6] = int(state[5])
    state[5] = size_mv
    part = (bend_mv >> 3) * 32 // ((whole_mv >> 8) + 1)
    shrunk = part * 311 if part < 1024 else 160000
    state[9] = shrunk
    bend += shrunk
    return bend if bend < 160000 else 160000


@micropython.viper
def strikes(state: ptr32, bend: int, steady: int, held: int) -> int:
    usual = int(state[10]) >> 4
    state[10] = int(state[10]) + bend - usual
    peak = int(state[11])
    striking = 0
    if bend > int(state[16]) + 3 * usual:
        striking = 2
    elif int(state[12]) == 24 and bend > int(state[17]) + peak + (peak >> 1):
        striking = 1
    if not steady:
        state[11] = 0
        state[12] = 0
    elif not held:
        peak -= peak >> 7
        if peak < int(state[15]):
            peak = int(state[15])
        state[11] = peak
        if int(state[12]) < 24:
            state[12] = int(state[12]) + 1
    state[15] = int(state[14])
    state[14] = int(state[13])
    state[13] = bend
    return striking


@micropython.viper
def weigh_each(ring: ptr32, weights: ptr32, head: int, size: int, counts: ptr8, windows: int, out: ptr32):
    newest = int(ring) + 4 * head
    last = int(ring) + 4 * (size - 1)
    for window in range(windows):
        n = int(counts[window])
        begun = head + 1  # down to the ring's first place; the rest is at its end
        if begun > n:
            begun = n
        total = 0
        ring = ptr32(newest)
        for _ in range(begun):
            total += int(ring[0]) * int(weights[0])
            ring = ptr32(int(ring) - 4)
            weights = ptr32(int(weights) + 4)
        ring = ptr32(last)
        for _ in range(n - begun):
            total += int(ring[0]) * int(weights[0])
            ring = ptr32(int(ring) - 4)
            weights = ptr32(int(weights) + 4)
        out[window] = total


@micropython.viper
def weigh(ring: ptr32, head: int, size: int, weights: ptr32, n: int, out: ptr32, at: int):
    total = 0
    k = head
    for j in range(n):
        total += int(ring[k]) * int(weights[j])
        k -= 1
        if k < 0:
            k = size - 1
    out[at] = total
