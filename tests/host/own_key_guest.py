"""Runs in MicroPython: makes keys, their files and requests, and prints them in hex; these keys are of no board."""

from gridkeel.crypto import own_key, request


def drive(work):
    while True:
        try:
            next(work)
        except StopIteration as stop:
            return stop.value


class Chance:
    def __init__(self, seed):
        self._state = seed

    def __call__(self, n):
        out = bytearray(n)
        for k in range(n):
            self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
            out[k] = self._state >> 16 & 0xFF
        return bytes(out)


def main(seeds, names):
    for at, name in enumerate(names):
        chance = Chance(seeds[at])
        private = own_key.draw(chance)
        public = drive(own_key.public_key(private, chance))
        file = own_key.to_der(private, public)
        print(file.hex(), drive(request.build(name, "CPO", private, public, chance)).hex())
