"""Device-side script of `gridkeel provision`, after files_guest.py: the key that a board makes itself, and its clock.

A private key never leaves the board: what is printed of it is its public key, requests signed with it, and the SHA-256
of its file. The code that makes it is the firmware's; main.py did not run after the soft reset before this script, so
that the heap is free and the image of a slot has to be mounted here.
"""

KEY = "own_key.der"  # outside the folder /pki, which is replaced as a whole
TLS_FOLDER = "pki"
TLS_KEY = "pki/secc_key.der"
TLS_CHAIN = "pki/secc_0.der"

_pair = None  # (private key, public key), once it was read and proven


def _mount():
    """Make the firmware importable where it lies in a slot: the judged one, and no start is counted."""
    try:
        import gridkeel.crypto  # noqa: F401

        return
    except ImportError:
        pass
    import area
    import selector
    import vfs

    flash = area.find()
    record = selector.read_record(flash) if flash else None
    if record is None:
        raise ImportError("no firmware")
    slot = record.active if record.state == selector.CONFIRMED else 1 - record.active
    at = selector.slot_start(flash, slot) + selector.HEAD_BYTES
    image = vfs.VfsRom(flash.map(at, selector.read_header(flash, slot).size))
    try:
        vfs.umount("/rom")
    except OSError:
        pass
    vfs.mount(image, "/rom")
    sys.path.insert(0, "/rom")


def _run(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def _read(name):
    try:
        with open(name, "rb") as file:
            return file.read(256)
    except OSError:
        return None


def _proven(data):
    """Return the pair of a file whose public key is that of its private key; None where it is none."""
    from gridkeel.crypto import own_key

    pair = own_key.from_der(data or b"")
    return pair if pair and _run(own_key.public_key(pair[0], os.urandom)) == pair[1] else None


def _replace(name, data):
    with open(name + FRESH, "wb") as file:
        file.write(data)
    _rename(name + FRESH, name)


def own_key():
    """Read the board's own key; print its public key and its file's SHA-256, and whether what is there is damaged."""
    global _pair
    _mount()
    _pair = None
    data = _read(KEY)
    if data is None:  # a cut before the rename, or within it where a rename replaces nothing
        _pair = _proven(_read(KEY + FRESH))
        if _pair:
            _rename(KEY + FRESH, KEY)
    else:
        _pair = _proven(data)
    public = binascii.hexlify(_pair[1]).decode() if _pair else ""
    _row(public=public, sha256=_digest(KEY) if _pair else "", damaged=data is not None and not _pair)


def make_key(replace):
    """Make the board's own key, where it has none or is to have another; then as own_key().

    Where no chain is in use it goes to the place where TLS looks for it, too.
    """
    global _pair
    if replace or not _pair:
        from gridkeel.crypto import own_key as keys

        private = keys.draw(os.urandom)
        _pair = private, _run(keys.public_key(private, os.urandom))
        _replace(KEY, keys.to_der(_pair[0], _pair[1]))
    in_use = _is_there(TLS_CHAIN) or _is_there(TLS_FOLDER + OLD)
    if not in_use and _digest(TLS_KEY) != _digest(KEY):
        if not _is_there(TLS_FOLDER):
            os.mkdir(TLS_FOLDER)
        _replace(TLS_KEY, _read(KEY))
    if hasattr(os, "sync"):
        os.sync()
    own_key()


def remove_key():
    """Give the board's own key up; the one in /pki is another's matter."""
    for name in (KEY, KEY + FRESH):
        _remove(name)
    _row()


def device_id():
    """Print the device id that was provisioned, nothing without."""
    data = _read("device_id")
    try:
        _row(device_id=data.decode().strip() if data else "")
    except UnicodeError:
        _row(device_id="")


def request(common_name, domain_component):
    """Print a request for the certificate of the board's own key, DER in base64."""
    from gridkeel.crypto import request as requests

    made = _run(requests.build(common_name, domain_component, _pair[0], _pair[1], os.urandom))
    _row(request=binascii.b2a_base64(made).decode())


def set_clock(year, month, day, weekday, hour, minute, second):
    """Set the chip's clock, UTC; print what it shows then, nothing where the port has none.  weekday: Monday is 1."""
    try:
        from machine import RTC
    except ImportError:
        _row(shows=None)
        return
    if sys.platform != "pyboard":
        weekday -= 1
    clock = RTC()
    clock.datetime((year, month, day, weekday, hour, minute, second, 0))
    shown = clock.datetime()
    _row(shows=list(shown[:3]) + list(shown[4:7]))
