"""The uplink's clock: time in which the process did not run counts as no silence."""

from __future__ import annotations

import pytest

from gridkeel.link import message_ids
from gridkeel.link.device import DeviceLink
from host_tools.link.host import SILENCE_S, HostLink
from host_tools.uplink.clock import BEAT_S, Clock


@pytest.mark.parametrize("stall_s", [0.0, 0.3, 0.74, 0.76, 2.0, 4.9, 5.1, 60.0, 3600.0])
def test_time_in_which_the_process_did_not_run_is_left_out(stall_s: float):
    real_s = 100.0
    clock = Clock(lambda: real_s)
    before_s = clock.now()
    for _ in range(20):
        real_s += BEAT_S
        clock.now()
    real_s += stall_s
    after_s = clock.now()
    assert 20 * BEAT_S <= after_s - before_s <= 20 * BEAT_S + min(stall_s, 0.75)
    assert (clock.stalled_s > 0) == (stall_s > 0.75)


@pytest.mark.parametrize("stall_s", [1.0, 4.0, 5.5, 30.0, 600.0])
def test_a_link_outlives_a_process_that_stood_still(stall_s: float):
    """The device was silent all the while, or its bytes were lost in a full buffer: it gets its 5 s from now on."""
    real_s = 100.0
    clock = Clock(lambda: real_s)
    device, host = DeviceLink(b"gk-1", 7), HostLink()
    out = bytearray(4096)

    def step(hear: bool = True) -> None:
        nonlocal real_s
        real_s += BEAT_S / 2
        now_s, now_ms = clock.now(), int(real_s * 1000) & 0x3FFFFFFF
        device.on_deadline(now_ms)
        count = device.data_to_send(out, now_ms)
        if hear:
            host.receive(bytes(out[:count]), now_s)
        if now_s >= host.deadline():
            host.on_deadline(now_s)
        back = host.data_to_send()
        device.receive(back, len(back), now_ms)

    for _ in range(20):
        step()
    assert host.connected
    real_s += stall_s
    for _ in range(int(SILENCE_S / BEAT_S)):
        step(hear=False)
        assert host.connected
    device.post(message_ids.FAULT_EVENT, [0, 1, 0, 3])
    for _ in range(60):
        step()
    assert host.connected
    for _ in range(int(2.5 * SILENCE_S / BEAT_S)):
        step(hear=False)
    assert not host.connected, "a device that is really silent is lost all the same"
