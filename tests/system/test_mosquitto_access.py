"""Access to mosquitto: TLS with a client certificate, logins, and one clear line where it is denied."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from mosquitto import Mosquitto, required
from mqtt_peers import Controller, UplinkProcess, eventually

from certs.issue import Issued, issue
from host_tools.mqtt.address import broker_at
from host_tools.mqtt.counter import CountingSubscriber


def _tls_options(pki: dict[str, Issued]) -> tuple[str, ...]:
    return (
        f"cafile {pki['ca'].certificate}",
        f"certfile {pki['server'].certificate}",
        f"keyfile {pki['server'].key}",
        "require_certificate true",
    )


def _in(ca: Issued, client: Issued | None) -> dict[str, Path]:
    named = {"cafile": ca.certificate}
    if client is not None:
        named.update(certfile=client.certificate, keyfile=client.key)
    return named


def _as_options(named: dict[str, Path]) -> list[str]:
    return [part for name, path in named.items() for part in (f"--{name}", str(path))]


def _lines_about_broker(uplink: UplinkProcess) -> list[str]:
    return [line for line in uplink.lines if line.startswith("broker ")]


def test_a_client_certificate_of_the_ca_is_accepted(tmp_path: Path):
    pki = issue(tmp_path / "pki")
    door = _in(pki["ca"], pki["client"])
    with (
        Mosquitto(tmp_path, *_tls_options(pki)) as mosquitto,
        CountingSubscriber(broker_at(mosquitto.tls_url, **door)) as counter,
        Controller("gk-0") as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.tls_url, [controller.port], *_as_options(door)),
    ):
        assert counter.wait_for(100, 30)
        produced = controller.quiet()
        assert counter.wait_for(produced, 30)
        assert counter.by_device == {"gk-0": produced}


@pytest.mark.parametrize(
    ("ca", "client", "line"),
    [
        ("other", "own", "shows a certificate that is not accepted"),
        ("own", "other", "client certificate"),
        ("own", None, "client certificate"),
    ],
)
def test_each_wrong_certificate_is_one_line(tmp_path: Path, ca: str, client: str | None, line: str):
    sets = {"own": issue(tmp_path / "own"), "other": issue(tmp_path / "other")}
    door = _in(sets[ca]["ca"], sets[client]["client"] if client else None)
    with (
        Mosquitto(tmp_path, *_tls_options(sets["own"])) as mosquitto,
        Controller("gk-0") as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.tls_url, [controller.port], *_as_options(door)) as uplink,
    ):
        assert eventually(lambda: bool(_lines_about_broker(uplink)))
        assert eventually(lambda: controller.link.acked >= 300)  # the queue holds, and the line is not repeated
        assert not eventually(lambda: len(_lines_about_broker(uplink)) > 1, 6.0)
        said = _lines_about_broker(uplink)
    assert line in said[0]
    assert [other for other in uplink.lines if not other.startswith(("broker ", "controller "))] == []


@pytest.mark.parametrize("at_tls_port", [True, False])
def test_tls_on_one_side_alone_is_one_line(tmp_path: Path, at_tls_port: bool):
    pki = issue(tmp_path / "pki")
    ca = ("--cafile", str(pki["ca"].certificate))
    options = () if at_tls_port else ca
    with (
        Mosquitto(tmp_path, *(_tls_options(pki) if at_tls_port else ())) as mosquitto,
        Controller("gk-0") as controller,
        UplinkProcess(
            tmp_path / "q.db", mosquitto.url if at_tls_port else mosquitto.tls_url, [controller.port], *options
        ) as uplink,
    ):
        assert eventually(lambda: bool(_lines_about_broker(uplink)))
        assert not eventually(lambda: len(_lines_about_broker(uplink)) > 1, 6.0)
    words = "is it an MQTT 5 listener without TLS?" if at_tls_port else "hung up at once"
    assert words in _lines_about_broker(uplink)[0]
    assert [other for other in uplink.lines if not other.startswith(("broker ", "controller "))] == []


def _password_file(folder: Path) -> Path:
    file = folder / "passwords"
    subprocess.run([required("mosquitto_passwd"), "-b", "-c", str(file), "keel", "right horse"], check=True)
    return file


@pytest.mark.parametrize(("password", "accepted"), [("right horse", True), ("wrong horse", False)])
def test_a_login_of_the_password_file_is_accepted_and_another_one_line(tmp_path: Path, password: str, accepted: bool):
    secret = tmp_path / "secret"
    secret.write_text(f"{password}\n", encoding="utf-8")
    options = ["--username", "keel", "--password-file", str(secret)]
    with (
        Mosquitto(tmp_path, f"password_file {_password_file(tmp_path)}", anonymous=False) as mosquitto,
        Controller("gk-0") as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port], *options) as uplink,
    ):
        if accepted:
            with CountingSubscriber(broker_at(mosquitto.url, username="keel", password_file=secret)) as counter:
                assert counter.wait_for(50, 30)
            assert _lines_about_broker(uplink) == []
        else:
            assert eventually(lambda: bool(_lines_about_broker(uplink)))
            assert "refused the login" in _lines_about_broker(uplink)[0]
        assert not any("horse" in line for line in uplink.lines)


def test_a_topic_the_broker_forbids_is_reported_and_nothing_is_lost(tmp_path: Path):
    rules = tmp_path / "rules"
    rules.write_text("topic read gridkeel/#\ntopic write gridkeel/v2/+/status\n", encoding="utf-8")
    with (
        Mosquitto(tmp_path, f"acl_file {rules}") as mosquitto,
        CountingSubscriber(broker_at(mosquitto.url)) as counter,
        Controller("gk-0") as controller,
        UplinkProcess(tmp_path / "q.db", mosquitto.url, [controller.port]) as uplink,
    ):
        assert eventually(lambda: any("does not take" in line for line in uplink.lines))
        assert counter.delivered == 0
        rules.write_text("topic readwrite gridkeel/#\n", encoding="utf-8")
        mosquitto.reload()
        controller.quiet()
        assert eventually(lambda: counter.by_device == {"gk-0": controller.link.produced}, 60)
