"""A virtual board with a host at its link that notes what it says."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import serial
from virtual_board_helpers import HANG_S

from gridkeel.link import ids
from hil.interop.record_book import RecordBook
from hil.virtual_board import VirtualBoard
from host_tools.link import events
from host_tools.link.host import COMMAND_TIMEOUT_S, HostLink
from host_tools.link.readable import readable


class LinkedBoard(RecordBook):
    """What the board tells, and commands to it."""

    def __init__(self, board: VirtualBoard) -> None:
        super().__init__()
        self.board = board
        self._link = HostLink()
        self._answers: dict[int, events.Answered] = {}
        self._offered: list[events.Offered] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _pump(self) -> None:
        with serial.Serial(self.board.host, 460800, timeout=0.01) as port:
            while not self._stop.is_set():
                with suppress(serial.SerialException):  # the interpreter behind it is starting again
                    data = port.read(4096)
                    with self._lock:
                        self._link.receive(data, time.monotonic())
                        self._link.on_deadline(time.monotonic())
                        self._follow()
                        out = self._link.data_to_send()
                    port.write(out)

    def _follow(self) -> None:
        for event in self._link.events():
            if isinstance(event, events.Record):
                self._link.acknowledge(event.sequence, event.boot_id)
                self.note(readable(event, self._link.dictionary))
            elif isinstance(event, events.Offered):
                self._offered.append(event)
            elif isinstance(event, events.Answered):
                self._answers[event.command_id] = event

    def restart(self) -> int:
        """Press the reset button; return a mark before what the new life tells."""
        mark, boots = self.mark(), self.board.status.boots
        self.board.reset()
        while self.board.status.boots == boots:
            time.sleep(0.01)
        return mark

    def start_offer(self, stream: bytes) -> None:
        """Offer a stream."""
        with self._lock:
            self._offered.clear()
            self._link.offer(stream)

    def offer(self, stream: bytes) -> int | None:
        """Offer a stream and return the code it ends with; None where the board was lost on the way."""
        self.start_offer(stream)
        end_s = time.monotonic() + 4 * HANG_S
        while not self._offered:
            assert time.monotonic() < end_s, f"the offer does not end: {self._link.offered}"
            time.sleep(0.05)
        return self._offered[0].code

    def ask(self, message: str, **values: int | str) -> str:
        with self._lock:
            number = self._link.command(message, COMMAND_TIMEOUT_S, **values)
        end_s = time.monotonic() + HANG_S
        while number not in self._answers:
            assert time.monotonic() < end_s, f"no answer to {message}"
            time.sleep(0.01)
        answer = self._answers[number]
        assert answer.error is None, answer.error
        return ids.RESULTS[answer.values["result"]]
