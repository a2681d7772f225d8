"""The kernels of the chips' samples and their plain twins agree to the bit; a ring tells what was lost."""

from array import array

from gridkeel import ticks
from gridkeel.boards import twins
from gridkeel.boards.sample_ring import RingReader, blocks_held

try:
    from gridkeel.boards import kernels
except (ImportError, SyntaxError, AttributeError):
    kernels = None
    print("SKIP viper kernels: this port has no viper")

BLOCK_US = 10000
BLOCKS = blocks_held(BLOCK_US // 1000)


def counts(n, seed, spread):
    out = array("H", [0] * n)
    for i in range(n):
        seed = (seed * 1103 + 12345) & 0xFFFF
        out[i] = min(4095, max(0, 2048 + (seed - 32768) * spread // 32768))
    return out


def test_samples_are_the_mean_of_four_readings_left_aligned():
    for stride in (1, 2):
        for spread in (0, 1, 700, 4000):
            ring = counts(400, spread + stride, spread)
            plain = array("h", [0] * 48)
            twins.mix_down(ring, 3, 48, stride, plain)
            k = 3 + 4 * 7 * stride
            assert plain[7] == (sum([ring[k + i * stride] for i in range(4)]) - 8192) * 4
            if kernels:
                fast = array("h", [0] * 48)
                kernels.mix_down(ring, 3, 48, stride, fast)
                assert fast == plain


def test_the_ends_of_the_range_fit_a_sample():
    for value, sample in ((0, -32768), (4095, 32752), (2048, 0)):
        plain = array("h", [1])
        twins.mix_down(array("H", [value] * 4), 0, 1, 1, plain)
        assert plain[0] == sample


def test_plateaus_leave_out_edges_and_single_spikes():
    for high_n in (5, 20, 190):
        ring = array("H", [565] * (2 * 192))
        for i in range(high_n):
            ring[2 * i] = 3160
        ring[2 * high_n] = 1900  # a reading on the edge
        ring[2 * 191] = 4095  # spikes
        ring[2 * 190] = 0
        out = array("i", [0, 0])
        twins.plateaus(ring, 0, 192, 2, out)
        assert out[0] == 3160
        assert high_n > 180 or out[1] == 565
        if kernels:
            fast = array("i", [0, 0])
            kernels.plateaus(ring, 0, 192, 2, fast)
            assert fast == out


def test_plateaus_of_noise_are_the_same_in_both():
    for spread in (0, 3, 100, 4000):
        ring = counts(300, spread, spread)
        out, fast = array("i", [0, 0]), array("i", [0, 0])
        twins.plateaus(ring, 5, 140, 2, out)
        assert 0 <= out[1] <= out[0] <= 4095
        if kernels:
            kernels.plateaus(ring, 5, 140, 2, fast)
            assert fast == out


def test_frames_give_the_mean_of_their_left_channel():
    frames = array("h", [0] * 384)
    for i in range(192):
        frames[2 * i] = (i * 7919) % 65536 - 32768
        frames[2 * i + 1] = 12345
    out, fast = array("h", [0] * 48), array("h", [0] * 48)
    twins.mix_frames(frames, 48, out)
    assert out[0] == sum([frames[0], frames[2], frames[4], frames[6]]) >> 2
    if kernels:
        kernels.mix_frames(frames, 48, fast)
        assert fast == out


def read(reader, us, offset_us=0):
    """Ask at a time; the hardware began at offset_us, and the clock may be wrapped."""
    filling = (us - offset_us) // BLOCK_US % BLOCKS
    return reader.lost(filling, us & ticks.MASK)


def test_a_ring_counts_whole_rounds_by_the_clock():
    for begin in (0, ticks.MASK - 12345):
        for late in range(40):
            reader = RingReader(BLOCK_US, BLOCKS, begin & ticks.MASK)
            now = begin + 10500
            assert read(reader, now, begin) == 0
            reader.done(now & ticks.MASK)
            now += late * BLOCK_US + 9000
            whole = (now - begin) // BLOCK_US - 1
            lost = read(reader, now, begin)
            if whole == 0:
                assert lost == -1
            elif whole < BLOCKS:
                assert lost == 0
            else:
                assert lost == whole - 1
                assert reader.at == ((now - begin) // BLOCK_US - 1) % BLOCKS


def test_a_ring_that_is_read_in_time_loses_nothing_whatever_the_jitter():
    reader = RingReader(BLOCK_US, BLOCKS, 0)
    seed, taken = 1, 0
    for us in range(0, 3000000, 700):
        seed = (seed * 1103 + 12345) & 0xFFFF
        if seed % 5 == 0:
            continue
        lost = read(reader, us)
        if lost >= 0:
            assert lost == 0
            assert reader.at == taken % BLOCKS
            reader.done(us & ticks.MASK)
            taken += 1
    assert taken >= 298
