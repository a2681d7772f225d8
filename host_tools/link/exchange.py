"""The host's end of a device's question: draw it, hand it out whole, let the device draw the answer.

gridkeel.link.backend is the other end and says how the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zlib import crc32

from gridkeel.link import frames
from gridkeel.link.backend import KINDS, RESULTS
from host_tools.link import layouts

_WINDOW_BYTES = frames.EXCHANGE_WINDOW * frames.EXCHANGE_PART_MAX
_REPEAT_S = frames.EXCHANGE_REPEAT_MS / 1000
_GIVE_UP_S = 2 * frames.EXCHANGE_LIFETIME_MS / 1000  # by then the device has, whenever it put the question


@dataclass
class _Talk:
    """One question and its answer."""

    number: int
    kind: str
    size: int
    crc: int
    end_at: float
    repeat_at: float = 0.0
    data: bytearray = field(default_factory=bytearray)
    acknowledged: int = 0  # how far we said we are
    lost: bool = False  # and that the device is to go back to there
    want_due: bool = False
    answer: bytes | None = None  # empty: there is none
    offer_due: bool = False
    at: int = 0  # of the answer: the next byte to go
    limit: int = 0  # and how far the device wants it

    @property
    def whole(self) -> bool:
        return len(self.data) == self.size

    def want(self, lost: bool, now_s: float) -> None:
        self.acknowledged = len(self.data)
        self.lost = lost
        self.want_due = True
        self.repeat_at = self.end_at if self.whole else now_s + _REPEAT_S

    def offer(self, now_s: float) -> None:
        self.offer_due = True
        self.repeat_at = now_s + _REPEAT_S


class Exchange:
    """One question at a time; a new number ends the old one."""

    def __init__(self) -> None:
        self._talk: _Talk | None = None
        self._ended = 0  # a frame of that number that comes late begins nothing
        self._asked: tuple[int, str, bytes] | None = None

    def reset(self) -> None:
        """Forget everything: another boot, or a line that was lost."""
        self._talk = None
        self._ended = 0
        self._asked = None

    def asked(self) -> tuple[int, str, bytes] | None:
        """Return (number, kind, data) of a question that became whole, once."""
        found, self._asked = self._asked, None
        return found

    def answer(self, number: int, data: bytes | None, now_s: float) -> bool:
        """Offer the answer, None where there is none; return False where nobody waits for it any more.

        Errors: ValueError for one that is empty or too long.
        """
        if data is not None and not 0 < len(data) <= frames.EXCHANGE_MAX:
            raise ValueError(f"an answer of {len(data)} bytes is outside 1..{frames.EXCHANGE_MAX}")
        talk = self._talk
        if talk is None or talk.number != number or not talk.whole or talk.answer is not None:
            return False
        talk.answer = data or b""
        talk.offer(now_s)
        return True

    def on_body(self, body: bytes, now_s: float) -> None:
        """Take an ASK, ASK_PART or ANSWER_WANT.  Errors: struct.error, ValueError."""
        if body[0] == frames.ASK:
            self._on_ask(*layouts.read_ask(body), now_s)
        elif body[0] == frames.ASK_PART:
            self._on_part(*layouts.read_ask_part(body), now_s)
        else:
            self._on_want(*layouts.read_answer_want(body), now_s)

    def bodies(self, session: int) -> list[bytes]:
        """Return the frame bodies to send now, in the session that is open."""
        talk = self._talk
        if talk is None:
            return []
        out = []
        answer = talk.answer or b""
        if talk.want_due:
            out.append(layouts.ask_want(session, talk.number, talk.acknowledged, talk.lost))
        if talk.offer_due:
            result = RESULTS.index("ok" if answer else "none")
            out.append(layouts.answer(session, talk.number, result, len(answer), crc32(answer)))
        talk.want_due = talk.offer_due = False
        while talk.at < talk.limit:
            part = answer[talk.at : min(talk.limit, talk.at + frames.EXCHANGE_PART_MAX)]
            out.append(layouts.answer_part(session, talk.number, talk.at, part))
            talk.at += len(part)
        return out

    def deadline(self) -> float | None:
        """Return when on_deadline wants to run, None where nothing is under way."""
        return self._talk.repeat_at if self._talk else None

    def on_deadline(self, now_s: float) -> None:
        """Say again what was not heeded; give up what the device has given up."""
        talk = self._talk
        if talk is None or now_s < talk.repeat_at:
            return
        if now_s >= talk.end_at:
            self._end(talk)
        elif not talk.whole:
            talk.want(True, now_s)
        elif talk.answer is not None:
            talk.offer(now_s)  # the device says again how far it is
        else:
            talk.repeat_at = talk.end_at

    def _end(self, talk: _Talk) -> None:
        self._ended = talk.number
        self._talk = None

    def _on_ask(self, number: int, kind: int, size: int, crc: int, now_s: float) -> None:
        if not 0 < size <= frames.EXCHANGE_MAX or not number or kind >= len(KINDS):
            raise ValueError("a question of a kind or length that there is not")
        if number == self._ended:
            return
        if self._talk is None or self._talk.number != number:
            self._talk = _Talk(number, KINDS[kind], size, crc, now_s + _GIVE_UP_S)
            self._asked = None
        self._talk.want(False, now_s)

    def _on_part(self, number: int, offset: int, part: bytes, now_s: float) -> None:
        talk = self._talk
        if talk is None or talk.number != number or talk.whole:
            return
        if offset != len(talk.data) or offset + len(part) > talk.size:
            if offset > len(talk.data) and not talk.lost:
                talk.want(True, now_s)  # said once; what is on its way behind the gap changes nothing
            return
        talk.data += part
        talk.lost = False
        talk.repeat_at = now_s + _REPEAT_S
        if talk.whole:
            self._finish(talk, now_s)
        elif len(talk.data) - talk.acknowledged >= _WINDOW_BYTES // 2:
            talk.want(False, now_s)

    def _finish(self, talk: _Talk, now_s: float) -> None:
        if crc32(talk.data) != talk.crc:
            self._end(talk)  # frames have sums of their own: this device mixes two questions up
            return
        self._asked = talk.number, talk.kind, bytes(talk.data)
        talk.want(False, now_s)

    def _on_want(self, number: int, offset: int, lost: bool, now_s: float) -> None:
        talk = self._talk
        if talk is None or talk.number != number or not talk.answer or offset > len(talk.answer):
            return
        if offset == len(talk.answer):
            self._end(talk)
            return
        talk.at = offset if lost else max(talk.at, offset)
        talk.limit = min(len(talk.answer), offset + _WINDOW_BYTES)
        talk.repeat_at = now_s + 2 * _REPEAT_S
