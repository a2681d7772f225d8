"""The service in this process: what goes wrong inside one of its parts."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from mqtt_peers import Controller, eventually

from host_tools.backend.provisioning import INSTALLATION
from host_tools.errors import ToolError
from host_tools.mqtt.address import broker_at
from host_tools.uplink.service import Service, Settings
from host_tools.uplink.store import Store


def settings(folder: Path, *ports: str) -> Settings:
    return Settings(ports, broker_at("mqtt://127.0.0.1:1"), folder / "q.db", name="test")


def test_a_queue_that_fails_under_a_ports_callback_ends_the_service_with_its_reason(tmp_path: Path, monkeypatch):
    def damaged(_store: Store, _device: str, _boot: int) -> int:
        raise ToolError("queue q.db is damaged")

    monkeypatch.setattr(Store, "last", damaged)
    with Controller() as controller, pytest.raises(ToolError, match=r"queue q\.db is damaged"):
        Service(settings(tmp_path, controller.port), lambda _line: None).run(threading.Event())


def test_a_backend_that_fails_affects_one_controller_alone(tmp_path: Path):
    lines: list[str] = []
    stop = threading.Event()
    with Controller("gk-a") as asking, Controller("gk-b") as other:
        service = Service(settings(tmp_path, asking.port, other.port), lines.append)

        def broken(_kind: str, _data: bytes, _unix_s: float) -> bytes:
            raise OSError("the disk is gone")

        service._backend = broken
        thread = threading.Thread(target=service.run, args=(stop,), daemon=True)
        thread.start()
        assert eventually(lambda: sum("is online" in line for line in lines) == 2)
        asking.ask(INSTALLATION, b"please")
        assert eventually(lambda: asking.backend.failed)
        acked = other.link.acked
        assert eventually(lambda: other.link.acked > acked + 20)
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
    assert sum("has no answer: the disk is gone" in line for line in lines) == 1
