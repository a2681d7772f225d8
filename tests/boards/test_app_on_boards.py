"""The application itself on the models: what the board files hand it is what it needs, samples and crossings alike."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import esp32_model
import pytest
import rp2_model
import stm32_model

from gridkeel.sensing.edges import EdgeEstimator

CHIPS = {"rp2": rp2_model.chip, "esp32": esp32_model.chip}


class EnoughError(Exception):
    """The control task has seen its blocks."""


def control(monkeypatch: Any, model: Any, board: Any, each_block: Any = None, blocks: int = 40) -> Any:
    """Run the control task of the application on a board for some blocks and return its controller."""
    monkeypatch.setattr(gc, "mem_free", lambda: 100_000, raising=False)
    from gridkeel.runtime.app import App
    from gridkeel.runtime.config import Config

    monkeypatch.setattr(board, "load", lambda name, most: b'{"watchdog_ms": 2000}' if name == "config.json" else None)
    app = App(board, Config(board))
    energise, left = board.energise, [blocks]

    def count(on: bool) -> None:
        energise(on)
        if each_block:
            each_block()
        left[0] -= 1
        if not left[0]:
            raise EnoughError

    monkeypatch.setattr(board, "energise", count)
    with pytest.raises(EnoughError):
        asyncio.run(app._control())
    return app.controller


@pytest.mark.parametrize("family", ["rp2", "esp32"])
def test_the_samples_of_a_board_give_the_frequency_of_its_mains(monkeypatch: Any, family: str) -> None:
    with CHIPS[family](monkeypatch) as (model, boards):
        board = boards("gridkeel.boards").this_board()
        controller = control(monkeypatch, model, board)
    assert abs(controller.mains.freq_uhz - 50_100_000) <= 2000
    assert not controller.energise, "no inverter has answered, and the contactor is ordered to close"


def test_the_crossings_of_a_board_give_the_frequency_of_its_mains(monkeypatch: Any) -> None:
    with stm32_model.chip(monkeypatch) as (model, boards):
        board = boards("gridkeel.boards").this_board()
        crossing = [1]

        def edges() -> None:
            while crossing[0] * 1e6 / 50_100_000 <= model.now_us / 1e6:
                model.capture.edge(crossing[0] * 1e6 / 50_100_000)
                crossing[0] += 1

        controller = control(monkeypatch, model, board, edges)
    assert isinstance(controller.mains, EdgeEstimator)
    assert abs(controller.mains.freq_uhz - 50_100_000) <= 1000


def test_samples_are_lost_where_the_control_task_does_not_take_them_and_not_where_the_program_was_held_up(
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(gc, "mem_free", lambda: 100_000, raising=False)
    from gridkeel.runtime.app import App
    from gridkeel.runtime.config import Config

    with rp2_model.chip(monkeypatch) as (_model, boards):
        board = boards("gridkeel.boards").this_board()
        monkeypatch.setattr(board, "load", lambda name, most: b"{}" if name == "config.json" else None)
        app = App(board, Config(board))
        app._last_block_ms, app._stale = 1000, False
        for now_ms in (1010, 1020):
            app._watch_samples(now_ms)
        app._watch_samples(1120)  # flash was erased
        assert not app._stale
        app._last_block_ms = 1121
        for now_ms in range(1130, 1162, 10):
            app._watch_samples(now_ms)
        assert not app._stale
        app._watch_samples(1170)
        assert app._stale
