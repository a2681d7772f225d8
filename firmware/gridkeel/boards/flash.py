"""Parameters and identity as files of a flash, and the bytes behind a block of samples."""

import json
import os

import uctypes

CONFIG = "config.json"


def bytes_of(block):
    """Return the bytes of an array('h') as a buffer of their own, over the same memory."""
    return uctypes.bytearray_at(uctypes.addressof(block), 2 * len(block))


class FlashConfig:
    """What a board keeps on its flash: parameters, identity, keys; and its source of chance."""

    def __init__(self):
        self.device_id = (os.getenv("GRIDKEEL_DEVICE_ID") or "virtual").encode()

    def load_config(self):
        """Return {name: value} of config.json, empty where there is none.  Errors: ValueError where it is not JSON."""
        try:
            with open(CONFIG) as file:
                return json.load(file)
        except OSError:
            return {}

    def save_config(self, values):
        """Replace config.json in one step: a power cut leaves the old file or the new one.  Errors: OSError."""
        with open(CONFIG + ".new", "w") as file:
            json.dump(values, file)
        os.rename(CONFIG + ".new", CONFIG)

    def load_pki(self):
        """Return what the flash holds of keys, certificates and roots."""
        from gridkeel.boards.pki import Pki

        return Pki()

    def random(self, n):
        """Return n bytes that nobody can guess."""
        return os.urandom(n)
