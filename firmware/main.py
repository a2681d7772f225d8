"""Runs after boot.py: starts the controller on whatever board this is."""

import gc

# Compiling leaves far more garbage than code. Collected early, the modules come to lie side by side at the low end of
# the heap, and the rest stays in one piece for the buffers.
gc.threshold(16384)

from gridkeel.boards import this_board  # noqa: E402
from gridkeel.runtime.app import main  # noqa: E402

main(this_board())
