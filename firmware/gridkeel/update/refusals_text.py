"""Meanings of the codes of refusals.py.  For hosts; no device imports it."""

from gridkeel.update import refusals

# code, name, text
CATALOGUE = (
    (refusals.NONE, "ok", "all is well"),
    (refusals.NO_AREA, "no_area", "this controller does not run from a slot: it is updated by cable"),
    (refusals.TOO_LARGE, "too_large", "the image is larger than a slot"),
    (refusals.OUT_OF_ORDER, "out_of_order", "a step before the one that must come first"),
    (refusals.DIGEST_MISMATCH, "digest_mismatch", "the image that arrived is not the one that was signed"),
    (refusals.OLDER_COUNTER, "older_counter", "its security counter is below the one in force"),
    (refusals.ON_TRIAL, "on_trial", "the image that runs has not confirmed itself yet"),
    (refusals.NOT_BOOTABLE, "not_bootable", "the other slot holds no whole image"),
    (refusals.NOT_BLANK, "not_blank", "flash that should be erased is not: it may be worn out"),
    (refusals.MALFORMED, "malformed", "no manifest, no set of keys, or not of the length it states"),
    (refusals.NO_KEYS, "no_keys", "this controller was given no keys for updates: provision it"),
    (refusals.UNKNOWN_KEY, "unknown_key", "signed with a key that this controller does not trust"),
    (refusals.BAD_SIGNATURE, "bad_signature", "the signature does not hold"),
    (refusals.OLDER_KEYS, "older_keys", "a set of keys that does not follow the one in force"),
    (refusals.WRONG_CHIP, "wrong_chip", "an image for another chip"),
    (refusals.WRONG_BOARD, "wrong_board", "an image for another board"),
    (refusals.WRONG_BASE, "wrong_base", "a delta on another image than the one that runs"),
    (refusals.BROKEN_DELTA, "broken_delta", "a delta that cannot be applied"),
    (refusals.NO_MEMORY, "no_memory", "no memory for the download's buffer"),
    (refusals.FLASH, "flash", "the flash took no data"),
    (refusals.OUT_OF_BOOTS, "out_of_boots", "the new image never confirmed itself in three starts: the old one runs"),
    (refusals.OUT_OF_TIME, "out_of_time", "the new image was not well within its time: the old one runs"),
    (refusals.NOT_SOUND, "not_sound", "the new image could not be started: the old one runs"),
)
