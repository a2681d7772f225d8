"""What a board in real time says to its host: one clock in all of its records."""

from __future__ import annotations

from gridkeel.params import Parameters
from hil.interop.direct_host import DirectHost
from hil.plants.steered_grid import SteeredGrid
from hil.plants.waveform import PointOnWave, WaveformConfig
from hil.virtual_board import VirtualBoard
from hil.virtual_board.mains_feed import MainsFeed

WITHIN_S = 60.0


def test_answers_carry_the_controllers_uptime_as_telemetry_does():
    host, parameters = DirectHost(), Parameters({})
    wave = PointOnWave(WaveformConfig(sample_hz=parameters.sample_hz), SteeredGrid())
    with (
        MainsFeed(wave.block, parameters.sample_hz, parameters.block_ms, 100) as feed,
        VirtualBoard(mains=feed.address, rom=True) as board,
        host.serving(board.host),
    ):
        for command in ({"mode": "safe"}, {"setpoint": {"power_w": 100, "lifetime_s": 5}}):
            before = host.wait_for("telemetry", host.mark(), WITHIN_S)
            mark = host.mark()
            host.order(command)
            answer = host.wait_for("result", mark, WITHIN_S)
            after = host.wait_for("telemetry", host.mark(), WITHIN_S)
            assert before["uptime_ms"] <= answer["uptime_ms"] <= after["uptime_ms"]
