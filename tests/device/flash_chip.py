"""A NOR flash for tests: writing clears bits, pages are written once, and the power goes at a chosen operation.

It is an Area (gridkeel/protocols.pyi) and, for VfsLfs2, a block device.
"""

PAGE = 256


_BLANK = memoryview(b"\xff" * 4096)


class PowerCutError(Exception):
    """The power is gone: what runs does not go on."""


class MisuseError(Exception):
    """What no program may do to a flash."""


class Cells:
    """The bytes of a flash, block by block: blocks that are blank take no memory."""

    def __init__(self, blocks, block_bytes):
        self.block_bytes = block_bytes
        self.blocks = [None] * blocks

    def copy(self):
        cells = Cells(0, self.block_bytes)
        cells.blocks = [block and bytearray(block) for block in self.blocks]
        return cells

    def read(self, at, n):
        """Return bytes that lie in one block, or across some."""
        size = self.block_bytes
        if at // size == (at + n - 1) // size:
            block = self.blocks[at // size]
            return memoryview(block)[at % size : at % size + n] if block else _BLANK[:n]
        return b"".join([bytes(self.read(i, 1)) for i in range(at, at + n)])

    def clear(self, at, n):
        """Set all bits of bytes in one block."""
        block = self.blocks[at // self.block_bytes]
        if n == self.block_bytes:
            self.blocks[at // n] = None
        elif block and n:
            at %= self.block_bytes
            block[at : at + n] = b"\xff" * n

    def program(self, at, data, begin, end):
        """Clear the bits that are clear in data[begin:end]; data lies in one block."""
        if self.blocks[at // self.block_bytes] is None:
            self.blocks[at // self.block_bytes] = bytearray(b"\xff" * self.block_bytes)
        block = self.blocks[at // self.block_bytes]
        at %= self.block_bytes
        for i in range(begin, end):
            block[at + i] &= data[i]

    def flip(self, at, bits=1):
        """Change bits of one byte, as age does."""
        value = self.read(at, 1)[0] ^ bits
        self.program(at, b"\xff", 0, 1)
        self.blocks[at // self.block_bytes][at % self.block_bytes] = value


class Chip:
    """cut: the operation (write or erasure, from 0) at which the power goes, -1 for never.

    torn: how much of that operation is done: 0 nothing, 1 the first half, 2 the second half, 3 all of it.
    halts: the processor stops with the flash (PowerCutError); else it goes on and every access fails (OSError).
    once: a page may be written once between two erasures, which is right for a raw area and not for littlefs.
    """

    def __init__(self, blocks, cells=None, cut=-1, torn=0, halts=True, once=True, block_bytes=4096):
        self.block_bytes = block_bytes
        self.size = blocks * block_bytes
        self.cells = cells or Cells(blocks, block_bytes)
        self.touched = set()  # pages that were written, or begun to be, since their erasure
        self.suspect = set()  # blocks whose erasure was cut
        self.doubtful = set()  # pages whose writing or erasure was cut: what they read as may not hold
        self.erased = [0] * blocks
        self.operations = 0
        self.cut = cut
        self.torn = torn
        self.halts = halts
        self.once = once
        self.dead = False

    def again(self, cut=-1, torn=0, halts=True):
        """Power comes back: the same flash with a new cut; returns itself."""
        self.dead = False
        self.operations = 0
        self.cut = cut
        self.torn = torn
        self.halts = halts
        return self

    def replaced(self, cut=-1, torn=0, halts=True):
        """Take the contents over into a new chip; this one stays dead, whoever still holds it."""
        chip = self.copy().again(cut, torn, halts)
        self.dead = True
        self.halts = False
        return chip

    def copy(self):
        """Return another chip with the same contents."""
        chip = Chip(0, self.cells.copy(), once=self.once, block_bytes=self.block_bytes)
        chip.size = self.size
        chip.touched = set(self.touched)
        chip.suspect = set(self.suspect)
        chip.doubtful = set(self.doubtful)
        chip.erased = list(self.erased)
        return chip

    # --- an Area

    def readinto(self, at, buffer):
        self._look()
        buffer[:] = self.cells.read(at, len(buffer))

    def map(self, at, n):
        self._look()
        return self.cells.read(at, n)

    def erase(self, at):
        if at % self.block_bytes or not 0 <= at < self.size:
            raise MisuseError("an erasure at %d" % at)
        self._look()
        block = at // self.block_bytes
        begin, end = self._begin(self.block_bytes)
        self.cells.clear(at + begin, end - begin)
        first = at // PAGE
        pages = range(first, first + self.block_bytes // PAGE)
        if self.dead:
            self.suspect.add(block)
            self.doubtful |= set(pages)
            self._stop()
        self.erased[block] += 1
        self.suspect.discard(block)
        self.touched = set([page for page in self.touched if page not in pages])
        self.doubtful = set([page for page in self.doubtful if page not in pages])

    def write(self, at, page):
        if at % PAGE or len(page) != PAGE or not 0 <= at < self.size:
            raise MisuseError("a write of %d bytes at %d" % (len(page), at))
        self._program(at, page)

    def _program(self, at, data):
        self._look()
        if self.once:
            if at // PAGE in self.touched and data != bytes(PAGE):  # zeros may be written over anything
                raise MisuseError("page %d is written twice" % (at // PAGE))
            if at // self.block_bytes in self.suspect:
                raise MisuseError("block %d is written and its erasure was cut" % (at // self.block_bytes))
            self.touched.add(at // PAGE)
        begin, end = self._begin(len(data))
        self.cells.program(at, data, begin, end)
        if self.dead:
            self.doubtful.add(at // PAGE)
            self._stop()

    # --- a block device

    def readblocks(self, number, buffer, offset=0):
        self._look()
        at = number * self.block_bytes + offset
        memoryview(buffer)[:] = self.cells.read(at, len(buffer))

    def writeblocks(self, number, buffer, offset=0):
        self._program(number * self.block_bytes + offset, buffer)

    def ioctl(self, op, arg):
        if op == 4:
            return self.size // self.block_bytes
        if op == 5:
            return self.block_bytes
        if op == 6:
            self.erase(arg * self.block_bytes)
        return 0

    # --- the power

    def _look(self):
        if self.dead:
            self._stop()

    def _begin(self, n):
        if self.operations == self.cut:
            self.dead = True
            return ((0, 0), (0, n // 2), (n // 2, n), (0, n))[self.torn]
        self.operations += 1
        return 0, n

    def _stop(self):
        if self.halts:
            raise PowerCutError
        raise OSError(5)
