"""Runs on MicroPython: validates the chains of a folder and prints the code of each, one a line."""

import json
import sys

sys.path[:] = [sys.argv[2]]

from gridkeel.crypto import chain, crl, profiles  # noqa: E402


def drive(work):
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


def read(name):
    with open(sys.argv[1] + "/" + name, "rb") as file:
        return file.read()


def answer(case):
    profile = getattr(profiles, case["profile"])
    profile.needs_crl = case["needs_crl"]
    certificates = [read(name) for name in case["certificates"]]
    roots = [read(name) for name in case["roots"]]
    lists = [drive(crl.parse(read(name))) for name in case["lists"]]
    return drive(chain.validate(certificates, roots, case["unix_s"], lists, profile))


with open(sys.argv[1] + "/cases.json") as file:
    for line in file:
        print(answer(json.loads(line)))
