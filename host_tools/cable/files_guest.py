"""Device-side script of `gridkeel provision` and `gridkeel flash`: files of a board staged, judged, put in place.

Each function prints a row of JSON. No content of a file is ever printed, its SHA-256 is.
"""

import binascii
import gc
import hashlib
import json
import os
import sys

FRESH = ".new"
OLD = ".old"
_FOLDER = 0x4000


def _row(**row):
    print(json.dumps(row))


def identify():
    gc.collect()
    _row(
        platform=sys.platform,
        machine=os.uname().machine if hasattr(os, "uname") else sys.platform,
        interpreter=".".join([str(part) for part in sys.implementation.version[:3]]),
        build=os.uname().version if hasattr(os, "uname") else sys.version,
        heap_free=gc.mem_free(),
    )


def bootloader():
    """Let the chip show its drive, as with BOOTSEL held; nothing is printed after that."""
    import machine

    machine.bootloader()


def digests(names):
    _row(digests=[_digest(name) for name in names])


def tree(folder):
    """Print {path in the folder: SHA-256} of all its files, one by one: as a whole it is much for a small heap."""
    print('{"files": {', end="")
    _walk(folder, "", True)
    print("}}")


def _walk(folder, path, first):
    try:
        entries = list(os.ilistdir(folder))
    except OSError:
        return first
    for entry in entries:
        name = folder + "/" + entry[0]
        if entry[1] == _FOLDER:
            first = _walk(name, path + entry[0] + "/", first)
        else:
            print("%s%s: " % ("" if first else ", ", json.dumps(path + entry[0])), end="")
            print('"%s"' % _digest(name), end="")
            first = False
    return first


def _digest(name):
    sha = hashlib.sha256()
    piece = bytearray(1024)
    try:
        with open(name, "rb") as file:
            while True:
                n = file.readinto(piece)
                if not n:
                    break
                sha.update(memoryview(piece)[:n])
    except OSError:
        return ""
    return binascii.hexlify(sha.digest()).decode()


def put(name, at, text):
    """Write octets in base64 at the end of a file that holds `at`; at 0 it is made anew."""
    with open(name, "ab" if at else "wb") as file:
        file.seek(0, 2)
        if file.tell() != at:
            raise OSError("holds %d bytes, not %d" % (file.tell(), at))
        file.write(binascii.a2b_base64(text))
        _row(size=file.tell())


def folder(name):
    """Make a folder with all above it."""
    made = ""
    for part in name.split("/"):
        made = made + "/" + part if made else part
        try:
            os.mkdir(made)
        except OSError:
            pass
    _row()


def remove(name):
    """Remove a file or a whole folder, if it is there."""
    _remove(name)
    _row()


def _remove(name):
    try:
        kind = os.stat(name)[0]
    except OSError:
        return
    if kind & _FOLDER:
        for entry in list(os.ilistdir(name)):
            _remove(name + "/" + entry[0])
        os.rmdir(name)
    else:
        os.remove(name)


def _is_there(name):
    try:
        os.stat(name)
        return True
    except OSError:
        return False


def _rename(old, new):
    try:
        os.rename(old, new)
    except OSError:  # FAT: a rename replaces nothing
        _remove(new)
        os.rename(old, new)


def copy(source, target):
    """Make a file the same as another one of the board."""
    piece = bytearray(256)
    with open(source, "rb") as file, open(target, "wb") as out:
        while True:
            n = file.readinto(piece)
            if not n:
                break
            out.write(memoryview(piece)[:n])
    _row()


def place(marker, files, folders):
    """Put what is staged as NAME.new in place of NAME; the marker goes first."""
    _remove(marker)
    for name in folders:
        if _is_there(name):
            _remove(name + OLD)
            os.rename(name, name + OLD)
        os.rename(name + FRESH, name)  # a cut before this one leaves the earlier one as NAME.old
        _remove(name + OLD)
    for name in files:
        _rename(name + FRESH, name)
    if hasattr(os, "sync"):
        os.sync()
    _row()
