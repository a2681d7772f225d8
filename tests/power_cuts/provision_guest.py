"""Runs in MicroPython: a board's flash, littlefs on a chip whose power goes, with the scripts of provisioning on it.

Arguments: folders of the device's tests and of the firmware, then the scripts. A line of JSON comes in, [what, ...],
and a row goes out; the row "cut" where the power went, "error" where the flash failed under a processor that ran on.
"""

import json
import os
import sys

import vfs

sys.path[:0] = sys.argv[1:3]

from flash_chip import Chip, PowerCutError  # noqa: E402

from gridkeel import params  # noqa: E402
from gridkeel.boards.flash import Flash  # noqa: E402
from gridkeel.boards.pki import Pki  # noqa: E402
from gridkeel.crypto import own_key, x509  # noqa: E402
from gridkeel.runtime.config import Config  # noqa: E402

BLOCKS = 40
ROOT = "/flash"
MARKED = -2

kept = []  # file systems of dead starts: a file that one left open is closed by the collector, and finds its own chip
texts = []
for path in sys.argv[3:]:
    with open(path) as file:
        texts.append(file.read())


class Board(Flash):
    """A board as far as its configuration goes; without one it would go by its chip's number."""

    connector = None

    def __init__(self):
        given = self.load("device_id", 64)
        super().__init__(given.strip() if given else b"chip")

    def check(self, parameters):
        pass


class Device:
    def __init__(self):
        self.states = []
        self.chip = Chip(BLOCKS, once=False)
        vfs.VfsLfs2.mkfs(self.chip, progsize=256)
        self.marked = None
        self.files = None
        self.names = {}

    def save(self):
        self.unmount()
        self.states.append(self.chip.replaced())
        self.start(len(self.states) - 1)
        return len(self.states) - 1

    def start(self, state=-1, cut=-1, torn=0, halts=True):
        """Power comes: with the flash as it is, or as a state that was saved; it goes again at operation `cut`.

        state: MARKED for the one at the last mark.
        """
        self.unmount()
        # Dead afterwards, whoever still holds it: its files are closed by the collector, some time.
        left = self.chip.replaced()
        if state >= 0:
            left = self.states[state].copy()
        elif state == MARKED:
            left = self.marked.copy()
        self.chip = left.again(cut, torn, halts)
        self.files = vfs.VfsLfs2(self.chip, progsize=256)
        vfs.mount(self.files, ROOT)
        os.chdir(ROOT)
        self.names = {"__name__": "guest"}
        for text in texts:
            exec(text, self.names)

    def unmount(self):
        if self.files is None:
            return
        kept.append(self.files)
        if len(kept) > 4:
            del kept[0]
        self.chip.halts = False
        os.chdir("/")
        try:  # noqa: SIM105 - MicroPython has no contextlib
            vfs.umount(ROOT)
        except OSError:
            pass
        self.files = None

    def look(self):
        """Start the controller as far as this goes, and say what it is then."""
        board = Board()
        config = Config(board)
        pki = Pki()
        data = board.load("own_key.der", 256)
        pair = own_key.from_der(data) if data else None
        tls = own_key.from_der(pki.key)
        marker = board.load("provisioned.json", 4096)
        hashes = json.loads(marker)["sha256"] if marker else {}
        self.names["_row"] = lambda **row: None
        wrong = [name for name in hashes if self.names["_digest"](name) != hashes[name]]
        return {
            "code": config.code,
            "device_id": config.device_id.decode(),
            "group": config.parameters.group,
            "baseline_w": config.parameters.baseline_w,
            "default_w": params.Parameters().baseline_w,
            "own": pair[1].hex() if pair else "" if data is None else "damaged",
            "tls": tls[1].hex() if tls else pki.key.hex(),
            "leaf": x509.parse(pki.chain[0]).public_key.hex() if pki.chain else "",
            "chain": len(pki.chain),
            "roots": len(pki.v2g_roots),
            "marked": marker is not None,
            "wrong": wrong,
            "names": [entry[0] for entry in os.ilistdir()],
        }


def carry_out(device, what, words):
    if what == "start":
        device.start(*words)
        return {}
    if what == "save":
        return {"state": device.save()}
    if what == "mark":
        device.marked = device.chip.copy()
        return {}
    if what == "operations":
        return {"operations": device.chip.operations}
    if what == "look":
        return device.look()
    rows = []
    device.names["_row"] = lambda **row: rows.append(row)
    if what == "tree":  # which prints as it goes
        files = {}
        walk(device.names["_digest"], words[0], "", files)
        return {"files": files}
    device.names[what](*words)
    if device.chip.dead:
        raise PowerCutError
    return rows[-1]


def walk(digest, folder, path, files):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return
    for entry in entries:
        if entry[1] == 0x4000:
            walk(digest, folder + "/" + entry[0], path + entry[0] + "/", files)
        else:
            files[path + entry[0]] = digest(folder + "/" + entry[0])


def main():
    device = Device()
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        what, *words = json.loads(line)
        try:
            row = carry_out(device, what, words)
        except PowerCutError:
            row = {"cut": True}
        except OSError as error:
            row = {"cut": True} if device.chip.dead else {"error": str(error)}
        print(json.dumps(row))


main()
