"""What real EVs do beside the standard, on real sockets: the controller on the virtual board, with a board's heap."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs import issuing
from certs.issuing import Subject
from certs.profiles import Extra
from certs.v2g import Pki
from gridkeel.crypto import x509
from hil.interop.refuse_all import RECORD_S
from hil.interop.setup import Setup
from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Contract

pytestmark = pytest.mark.timeout(300)
PADDING = 1070  # a sub-CA has some 520 bytes beside it
OFFERED_W = 7400  # charge_max_w, the smallest of the charger's ratings


def test_an_octet_behind_every_message_of_a_session(plugged: Setup) -> None:
    mark = plugged.charger.host.mark()
    with plugged.link.vehicle() as vehicle:
        exchange = vehicle.exchange

        def tailed(data: bytes, *arguments: float) -> bytes:
            return exchange(messages.frame(messages.payload(data) + b"\0"), *arguments)

        vehicle.exchange = tailed  # type: ignore[method-assign]
        plugged.charger.do("communicate")
        codes = vehicle.charge(plugged.contract())
    assert all(code.startswith("OK") for code in codes), codes
    entry = plugged.charger.host.wait_for("iso15118", mark, RECORD_S, lambda record: record["kind"] == "trailing")
    assert (entry["subject"], entry["number"]) == ("supportedAppProtocolReq", 1)


def test_a_profile_above_the_offer(plugged: Setup) -> None:
    mark = plugged.charger.host.mark()
    power = {"Multiplier": 1, "Unit": "W", "Value": 1104}
    start = messages.delivery("Start")
    start["ChargingProfile"] = {
        "ProfileEntry": [{"ChargingProfileEntryStart": 0, "ChargingProfileEntryMaxPower": power}]
    }
    with plugged.link.vehicle() as vehicle:
        codes = [vehicle.pay(None), vehicle.ask("ChargeParameterDiscoveryReq", messages.charge_parameter())]
        plugged.charger.do("communicate")
        codes += [vehicle.ask("PowerDeliveryReq", start), vehicle.ask("ChargingStatusReq")]
        codes += [vehicle.ask("PowerDeliveryReq", messages.delivery("Stop"))]
        codes.append(vehicle.ask("SessionStopReq", {"ChargingSession": "Terminate"}))
    assert all(code.startswith("OK") for code in codes), codes
    told = "charging_profile_cut"
    entry = plugged.charger.host.wait_for("iso15118", mark, RECORD_S, lambda record: record["subject"] == told)
    assert (entry["kind"], entry["number"]) == ("delivery", 11040 - OFFERED_W)


def long_contract(running: Setup, folder: Path) -> Contract:
    """Return a contract of the same PKI whose two sub-CAs have nearly the most bytes that are taken."""
    shutil.copytree(running.pki.folder, folder)
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


def test_sub_cas_longer_than_the_standard_s(plugged: Setup, tmp_path: Path) -> None:
    contract = long_contract(plugged, tmp_path / "pki")
    sizes = [len(der) for der in contract.chain[1:]]
    assert all(1500 < size <= x509.MOST_CA_BYTES for size in sizes), sizes
    with plugged.link.vehicle() as vehicle:
        plugged.charger.do("communicate")
        codes = vehicle.charge(contract)
    assert all(code.startswith("OK") for code in codes), codes


def test_a_contract_of_another_root(plugged: Setup) -> None:
    with plugged.link.vehicle() as vehicle:
        assert vehicle.pay(plugged.contract("wrong_root")) == "FAILED_CertificateNotAllowedAtThisEVSE"


def test_the_next_vehicle_charges(plugged: Setup) -> None:
    with plugged.link.vehicle() as vehicle:
        plugged.charger.do("communicate")
        assert all(code.startswith("OK") for code in vehicle.charge(plugged.contract()))
