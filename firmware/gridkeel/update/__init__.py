"""Update in two slots: which image runs (selector.py), writing of a slot (slots.py), judging of a new image (trial.py).

All of it works on an Area (gridkeel/protocols.pyi), the flash outside the file system; see docs/update.md.
"""
