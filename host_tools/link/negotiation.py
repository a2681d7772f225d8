"""Link negotiation, from a silent line to an open session: what the device's HELLO asks of the host next."""

from __future__ import annotations

import secrets
from enum import Enum

from gridkeel.link import frames
from gridkeel.link.table import table_hash
from host_tools.errors import ToolError
from host_tools.link import layouts
from host_tools.link.dictionary import Dictionary


class State(Enum):
    """State of the negotiation: what the host repeats, until what."""

    ASKING = "QUERY, until a HELLO"
    FETCHING = "TABLE_GET, until the table is whole"
    OPENING = "OPEN, until a HELLO that names our session"
    OPEN = "ACK, by which the device hears that we live"
    REFUSED = "nothing, until another boot or device says HELLO"


REPEAT_S = {State.ASKING: 1.0, State.FETCHING: 0.3, State.OPENING: 0.5, State.OPEN: 1.0, State.REFUSED: 1.0}


class Negotiation:
    """The state follows from the last HELLO alone, so a lost or repeated frame cannot lead it astray."""

    def __init__(self, session: int | None = None) -> None:
        self.state = State.ASKING
        self.hello: layouts.Hello | None = None
        self.dictionary = Dictionary.ours()
        self.session = session or new_session()
        self._dictionaries = {self.dictionary.hash: self.dictionary}
        self._refused: tuple[str, int] | None = None
        self._text = b""

    def on_hello(self, hello: layouts.Hello) -> bool:
        """Take a HELLO in; return True where it comes from another device or boot than the one before."""
        old = self.hello
        self.hello = hello
        another = old is None or (old.device_id, old.boot_id) != (hello.device_id, hello.boot_id)
        if another and old is not None:
            self.session = new_session()  # what the old boot or device still holds of ours must not look open
        if another or old is None or old.table_hash != hello.table_hash:
            self._text = b""
        self.state = self._state_after(hello)
        return another

    def on_part(self, offset: int, text: bytes) -> bool:
        """Take one part of the table in; return True where it was the one asked for.

        Errors: ToolError where the whole is sound and yet cannot be read.
        """
        if self.state is not State.FETCHING or self.hello is None or offset != len(self._text):
            return False
        self._text += text
        if len(self._text) < self.hello.table_length:
            return True
        whole, self._text = self._text, b""
        if table_hash(whole) == self.hello.table_hash:
            self._dictionaries[self.hello.table_hash] = Dictionary.of(whole)
            self.state = self._state_after(self.hello)
        return True

    def refuse(self, device_id: str, boot_id: int) -> None:
        """Have nothing to do with this boot of this device."""
        self._refused = (device_id, boot_id)
        self.state = State.REFUSED

    def ask_again(self) -> None:
        """Begin anew: the line was lost."""
        self._refused = None
        self.state = State.ASKING

    def body(self, committed: int) -> bytes | None:
        """Return the frame body that the state repeats."""
        if self.state is State.FETCHING:
            return layouts.table_get(len(self._text))
        if self.state is State.OPENING and self.hello is not None:
            return layouts.open_link(self.session, self.hello.boot_id, committed)
        if self.state is State.OPEN:
            return layouts.ack(self.session, committed)
        return layouts.query() if self.state is State.ASKING else None

    def _state_after(self, hello: layouts.Hello) -> State:
        if self._refused == (hello.device_id, hello.boot_id):
            return State.REFUSED
        if hello.table_hash not in self._dictionaries:
            return State.FETCHING
        self.dictionary = self._dictionaries[hello.table_hash]
        return State.OPEN if hello.session == self.session else State.OPENING


def new_session() -> int:
    """Return a session number, 1..2**32-1."""
    return secrets.randbelow(0xFFFFFFFF) + 1


def check_version(body: bytes) -> None:
    """Errors: ToolError where a HELLO is of a protocol this host does not speak."""
    if len(body) > 1 and body[1] != frames.VERSION:
        older = "gridkeel on the host" if body[1] > frames.VERSION else "the firmware"
        raise ToolError(f"the device speaks link version {body[1]}, this host {frames.VERSION}: update {older}")
