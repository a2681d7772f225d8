"""One line's update in virtual time: what ends it, and when it is offered again."""

from __future__ import annotations

import asyncio

from update_line import Line

from gridkeel.link import download as device_download
from gridkeel.update import refusals
from host_tools.uplink.command import Command, Result
from host_tools.uplink.events import ReleaseFetched
from host_tools.uplink.update_handler import TRIAL_S, UpdateHandler

NAME = "0123456789abcdef"
STREAM = bytes(range(200))


class Answering(Line):
    """A device that ends its downloads with these codes, one after the other; None: never."""

    def __init__(self, *codes: int | None) -> None:
        super().__init__()
        self.codes = list(codes)
        self.offered_at_s: list[float] = []
        self.queue: asyncio.Queue = asyncio.Queue()
        self.handler = UpdateHandler(self.host, self.queue)
        self.connect()

    def use(self) -> None:
        if self.download.state == device_download.OPEN and self.codes and self.codes[0] is not None:
            self.offered_at_s.append(self.now_ms / 1000)
            self.download.close(self.codes.pop(0), self.now_ms)

    def begin(self, lifetime_s: float) -> None:
        now_s = self.now_ms / 1000
        assert self.handler.begin(Command("gk-7", b"", "there", None, now_s + lifetime_s), NAME, now_s)
        self.handler.fetched(ReleaseFetched(NAME, STREAM), now_s)

    def result(self, most_s: int) -> Result | None:
        """Run until there is a result."""
        for _ in range(most_s * 10):
            self.run(100)
            now_s = self.now_ms / 1000
            while self.ended:
                self.handler.take_end(self.ended.pop(0), now_s)
            self.handler.turn(now_s)
            if not self.queue.empty():
                return self.queue.get_nowait()
        return None


def test_an_image_on_trial_is_waited_for_and_offered_to_again() -> None:
    line = Answering(refusals.ON_TRIAL, refusals.NONE)
    line.begin(600)
    result = line.result(60)
    assert result is not None and result.ok
    first, second = line.offered_at_s
    assert second - first >= TRIAL_S


def test_a_lifetime_that_ends_withdraws_the_offer_and_says_so() -> None:
    line = Answering(None)
    line.begin(8)
    assert line.result(7) is None
    result = line.result(3)
    assert result is not None and result.result == "no_answer" and "lifetime" in result.reason
    assert line.host.offered is None and line.handler.release is None


def test_a_record_of_a_failed_install_ends_the_update_and_the_offer() -> None:
    line = Answering(None)
    line.begin(600)
    assert line.result(2) is None
    line.handler.take_record({"status": "installation_failed", "code": "out_of_boots"})
    result = line.result(1)
    assert result is not None and (result.result, result.status) == ("refused", "installation_failed")
    assert "out_of_boots" in result.reason
    assert line.host.offered is None, "or the controller would install it again"
