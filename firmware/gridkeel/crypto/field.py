"""The kernels of 256-bit arithmetic for this processor: `kernels` modulo P, `powers` modulo P or N.

Importing it is an ImportError where Python's integers are the fastest there is (docs/crypto.md has the figures), and a
SyntaxError where the processor's kernels are not compiled and the port has no compiler for them.
OPERATION_CYCLES: of the processor for one sum of two points, its calls and the wait for slow flash included.
"""

import sys

# The number of the architecture that MicroPython loads compiled code of; 0 where it loads none.
_ARCHITECTURE = getattr(sys.implementation, "_mpy", 0) >> 10 & 15
_X64 = 2
_ARMV6M = 4
_ARMV7M = 5
_ARMV7EM = 6  # to 8, with floating point of one or two words

if _ARCHITECTURE == _X64:
    from gridkeel.crypto import kernels_wide as kernels
    from gridkeel.crypto import kernels_wide_any as powers

    OPERATION_CYCLES = 10000
elif _ARMV7EM <= _ARCHITECTURE <= _ARMV7EM + 2:
    from gridkeel.crypto import kernels_umaal as kernels  # type: ignore[no-redef]

    powers = kernels
    OPERATION_CYCLES = 60000
elif _ARCHITECTURE in (_ARMV6M, _ARMV7M):
    from gridkeel.crypto import kernels_thumb as kernels  # type: ignore[no-redef]

    powers = kernels
    OPERATION_CYCLES = 200000
else:
    raise ImportError("no kernels for this processor")
