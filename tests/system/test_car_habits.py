"""What real cars do beside the standard, on real sockets: the controller on the virtual board, with a board's heap."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from namespace_needs import need

from certs import issuing
from certs.issuing import Subject
from certs.profiles import Extra
from certs.v2g import Pki
from gridkeel.crypto import x509
from hil.interop.refuse_all import RECORD_S
from hil.interop.stage import Stage, ground
from hil.scripted_vehicle import talk
from hil.scripted_vehicle.talk import Contract

pytestmark = pytest.mark.timeout(300)
PADDING = 1070  # a sub-CA has some 520 bytes beside it
OFFERED_W = 7400  # charge_max_w, the smallest of the charger's ratings


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    need(java=False)
    with ground() as stage_with, stage_with() as made:
        yield made


@pytest.fixture
def plugged(stage: Stage) -> Iterator[Stage]:
    stage.plug()
    yield stage
    stage.unplug()


def test_an_octet_behind_every_message_of_a_session(plugged: Stage) -> None:
    mark = plugged.charger.desk.mark()
    with plugged.link.car() as car:
        exchange = car.exchange

        def tailed(data: bytes, *arguments: float) -> bytes:
            return exchange(talk.frame(talk.payload(data) + b"\0"), *arguments)

        car.exchange = tailed  # type: ignore[method-assign]
        plugged.charger.do("communicate")
        codes = car.charge(plugged.contract())
    assert all(code.startswith("OK") for code in codes), codes
    entry = plugged.charger.desk.wait_for("iso15118", mark, RECORD_S, lambda record: record["kind"] == "trailing")
    assert (entry["subject"], entry["number"]) == ("supportedAppProtocolReq", 1)


def test_a_profile_above_the_offer(plugged: Stage) -> None:
    mark = plugged.charger.desk.mark()
    power = {"Multiplier": 1, "Unit": "W", "Value": 1104}
    start = talk.delivery("Start")
    start["ChargingProfile"] = {
        "ProfileEntry": [{"ChargingProfileEntryStart": 0, "ChargingProfileEntryMaxPower": power}]
    }
    with plugged.link.car() as car:
        codes = [car.pay(None), car.ask("ChargeParameterDiscoveryReq", talk.charge_parameter())]
        plugged.charger.do("communicate")
        codes += [car.ask("PowerDeliveryReq", start), car.ask("ChargingStatusReq")]
        codes += [car.ask("PowerDeliveryReq", talk.delivery("Stop"))]
        codes.append(car.ask("SessionStopReq", {"ChargingSession": "Terminate"}))
    assert all(code.startswith("OK") for code in codes), codes
    told = "the_charging_profile_passes_the_offer"
    entry = plugged.charger.desk.wait_for("iso15118", mark, RECORD_S, lambda record: record["subject"] == told)
    assert (entry["kind"], entry["number"]) == ("delivery", 11040 - OFFERED_W)


def long_contract(stage: Stage, folder: Path) -> Contract:
    """Return a contract of the same PKI whose two sub-CAs have nearly the most bytes that are taken."""
    shutil.copytree(stage.pki.folder, folder)
    pki = Pki(folder)
    padding = Extra("2.25.15118", b"\x04\x82" + PADDING.to_bytes(2, "big") + bytes(PADDING), critical=False)
    for name in reversed(pki.chain("contract")[1:3]):
        entry = pki.entry(name)
        subject = Subject(entry.common_name, pki.index.organisation, pki.index.country)
        profile = replace(pki.profile(name), extras=(padding,))
        pair = issuing.make(profile, subject, pki.pair(entry.issuer), datetime.now(UTC), key=pki.key(name))
        with pki.change():
            pki.install(name, pair)
    return Contract.of(pki)


def test_sub_cas_longer_than_the_standard_s(plugged: Stage, tmp_path: Path) -> None:
    contract = long_contract(plugged, tmp_path / "pki")
    sizes = [len(der) for der in contract.chain[1:]]
    assert all(1500 < size <= x509.MOST_CA_BYTES for size in sizes), sizes
    with plugged.link.car() as car:
        plugged.charger.do("communicate")
        codes = car.charge(contract)
    assert all(code.startswith("OK") for code in codes), codes


def test_a_contract_of_another_root(plugged: Stage) -> None:
    with plugged.link.car() as car:
        assert car.pay(plugged.contract("wrong_root")) == "FAILED_CertificateNotAllowedAtThisEVSE"


def test_the_next_vehicle_charges(plugged: Stage) -> None:
    with plugged.link.car() as car:
        plugged.charger.do("communicate")
        assert all(code.startswith("OK") for code in car.charge(plugged.contract()))
