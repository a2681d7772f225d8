"""Device-side script of `gridkeel flash`, after files_guest.py: the image into a slot of the ROMFS segment.

The code that an update uses is imported from the folder that `tool` names; the firmware is not there yet.
"""

_area = None
_writer = None
_slot = -1


def tool(path):
    """Use the modules of a folder; print what the area has room for, 0 where there is none."""
    global _area
    sys.path.insert(0, path)
    from gridkeel.boards import area
    from gridkeel.update import selector

    _area = area.find()
    _row(room=selector.image_room(_area) if _area else 0)


def begin(size, digest):
    """Choose the slot for an image; print whether it is the judged one already, and how far it is written."""
    global _slot, _writer
    from gridkeel.update import selector, slots

    digest = binascii.unhexlify(digest)
    record = selector.read_record(_area)
    if record is not None and record.state == selector.CONFIRMED:
        header = selector.read_header(_area, record.active)
        if header and header.digest == digest and selector.is_bootable(_area, record.active, record.counter):
            _row(judged=True, slot=record.active, written=size, resumed=True)
            return
    _slot = 0
    if record is not None:
        _slot = 1 - record.active if record.state == selector.CONFIRMED else record.active
    _writer = slots.SlotWriter(_area, _slot, size, digest)
    resumed = _writer.resume()
    _row(judged=False, slot=_slot, written=_writer.written, resumed=resumed)


def erase(blocks):
    """Erase the next blocks; print whether more are to be erased."""
    more = True
    while more and blocks:
        more = _writer.erase_next()
        blocks -= 1
    _row(more=more)


def write(at, text):
    """Write the next pages of the image, octets in base64."""
    if at != _writer.written:
        raise OSError("the slot holds %d bytes, not %d" % (_writer.written, at))
    _writer.write(binascii.a2b_base64(text))
    _row(written=_writer.written)


def finish(version):
    """Judge the image by its SHA-256, write its header, and make it the one that runs."""
    from gridkeel.update import selector, slots

    record = selector.read_record(_area)
    counter = record.counter if record else 0
    _writer.finish(counter, version.encode())
    if record is None:
        slots.provision(_area, _slot)
    else:
        # Who has the cable in hand is asked for no trial.
        selector.write_record(_area, selector.Record(_slot, counter))
    _row(slot=_slot)
