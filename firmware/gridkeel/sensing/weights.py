"""Weights of the frequency and ROCOF windows, in millionths; made by `make generate`.

One weight a hop, newest first, the first half only: frequency windows are symmetric and sum to one, ROCOF
windows are antisymmetric and give the slope of the phase increments a hop.
"""

# fmt: off
SHORT = (
    120961, 202117, 101075, 75847,
)
LONG = (
    -6500, 2627, 5371, 2153, 5018, 16546, 25878, 24952,
    31653, 45382, 52039, 51161, 53729, 64179, 65517, 60293,
)
ROCOF_SHORT = (
    33732, 42023, -25211, -25479, 55279, 47694, -42409, -43846,
)
ROCOF_LONG = (
    7165, 6819, -4109, 257, 12372, 9850, -5259, -2977,
    15072, 11046, -7316, -6270, 13327, 11622, -10248, -9624,
)
