"""Host's end of a download: offers a stream to a device, and sends what it draws.

gridkeel.link.download is the other end and says how the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from gridkeel.link import frames
from gridkeel.link.download import WINDOW_BYTES
from host_tools.link import layouts

_REPEAT_S = frames.UPDATE_REPEAT_MS / 1000
_SILENCE_S = frames.UPDATE_SILENCE_MS / 1000


@dataclass
class _Stream:
    number: int
    data: bytes
    heard_at: float
    offer_at: float
    at: int = 0
    limit: int = 0
    sent: int = 0


@dataclass(frozen=True)
class Ended:
    """How a stream ended.  code: of gridkeel.update.refusals, None where the device was lost.  sent: bytes."""

    number: int
    code: int | None
    sent: int


@dataclass
class Offer:
    """One stream at a time; a new one takes the place of the old."""

    _stream: _Stream | None = None
    _ended: list[Ended] = field(default_factory=list)

    def begin(self, number: int, data: bytes, now_s: float) -> None:
        """Offer a stream.  number: 1..65535, another than that of the stream before."""
        self._stream = _Stream(number, data, now_s, now_s)

    def lose(self) -> None:
        """Stop sending: another boot, or a line that was lost."""
        if self._stream:
            self._end(None)

    @property
    def progress(self) -> tuple[int, int] | None:
        """(bytes that the device has drawn, bytes of the stream), None where nothing is under way."""
        return (self._stream.at, len(self._stream.data)) if self._stream else None

    def ended(self) -> Ended | None:
        """Return how a stream ended, once."""
        return self._ended.pop(0) if self._ended else None

    def on_body(self, body: bytes, now_s: float) -> None:
        """Take an UPDATE_WANT.  Errors: struct.error, ValueError."""
        number, offset, lost, over, code = layouts.read_update_want(body)
        stream = self._stream
        if stream is None or stream.number != number:
            return
        stream.heard_at = now_s
        stream.offer_at = now_s + 4 * _REPEAT_S  # the device speaks by itself now
        if over:
            self._end(code)
            return
        if offset > len(stream.data):
            raise ValueError(f"the device wants octet {offset} of {len(stream.data)}")
        stream.at = offset if lost else max(stream.at, offset)
        stream.limit = min(len(stream.data), offset + WINDOW_BYTES)

    def bodies(self, session: int, now_s: float) -> list[bytes]:
        """Return the frame bodies to send now, in the session that is open."""
        stream = self._stream
        if stream is None:
            return []
        out = []
        if now_s >= stream.offer_at:
            stream.offer_at = now_s + _REPEAT_S
            out.append(layouts.update_offer(session, stream.number, len(stream.data)))
        while stream.at < stream.limit:
            part = stream.data[stream.at : min(stream.limit, stream.at + frames.UPDATE_PART_MAX)]
            out.append(layouts.update_part(session, stream.number, stream.at, part))
            stream.at += len(part)
            stream.sent += len(part)
        return out

    def deadline(self) -> float | None:
        """Return when on_deadline or bodies wants to run, None where nothing is under way."""
        return min(self._stream.offer_at, self._stream.heard_at + _SILENCE_S) if self._stream else None

    def on_deadline(self, now_s: float) -> None:
        """Give up a device that is silent."""
        if self._stream and now_s >= self._stream.heard_at + _SILENCE_S:
            self._end(None)

    def _end(self, code: int | None) -> None:
        assert self._stream
        self._ended.append(Ended(self._stream.number, code, self._stream.sent))
        self._stream = None
