"""Runs in MicroPython ahead of a board's first script: the ROM image becomes /rom, first on the path.

launch.py holds the image in the process's memory, outside the heap, and names it in GRIDKEEL_ROM: address and length.
Arguments: the script to run, and its own.
"""


def _mount():
    """Mount the image and make this process look as if it had been started with the script itself."""
    import os
    import sys

    import uctypes
    import vfs

    address, length = os.getenv("GRIDKEEL_ROM").split()
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(int(address), int(length))), "/rom")
    del sys.argv[0]
    sys.path[0] = sys.argv[0].rsplit("/", 1)[0]
    sys.path.insert(0, "/rom")
    return sys.argv[0]


execfile(_mount(), globals())  # noqa: F821
