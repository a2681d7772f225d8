"""Scripts of vehicles in virtual time, for VirtualVehicle."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from hil.scripted_vehicle import messages
from hil.scripted_vehicle.messages import Body, Contract
from hil.scripted_vehicle.vehicle import Connect, HangUp, Rest, Say, Script, Step, VirtualVehicle
from host_tools.errors import ToolError

REQUEST = "supportedAppProtocolReq"


@dataclass(frozen=True)
class SessionConfig:
    """connect_s: when it comes, over what counts as TLS; handshake_ms: how long that keeps the board's processor.

    pay_s: when PaymentDetailsReq leaves.
    """

    connect_s: float
    pay_s: float
    handshake_ms: float = 0.0

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> SessionConfig:
        """Build from a scenario's [session].  Errors: ToolError naming what is wrong."""
        known = [item.name for item in fields(cls)]
        for key in table:
            if key not in known:
                raise ToolError(f"unknown key session.{key}; known are {', '.join(known)}")
        try:
            return cls(**table)
        except TypeError as error:
            raise ToolError(f"[session]: {error}") from None


class Session:
    """The thread of one session: its id and the last response."""

    def __init__(self) -> None:
        self.id = bytes(1)
        self.last: Body = {}

    def agree(self) -> Generator[Step, bytes | None, bool]:
        """Agree on the protocol; return whether an answer came."""
        return self._take((yield Say(REQUEST, messages.offer())), messages.read_offer)

    def ask(self, name: str, body: Body, signature: Body | None = None) -> Generator[Step, bytes | None, bool]:
        """Ask one thing; return whether an answer came."""
        frame = yield Say(name, messages.request(name, body, self.id, signature))
        return self._take(frame, lambda data: self._read(data))

    def _read(self, data: bytes) -> Body:
        _name, self.id, body = messages.read(data)
        return body

    def _take(self, frame: bytes | None, read: Any) -> bool:
        if frame is None:
            return False
        self.last = read(frame)
        return True


def contract_session(config: SessionConfig, contract: Contract) -> Any:
    """Return a script: come, choose to pay by contract, and have it checked at pay_s."""

    def script(_vehicle: VirtualVehicle) -> Script:
        session = Session()
        yield Rest(until_s=config.connect_s)
        yield Connect(secured=True, handshake_us=round(config.handshake_ms * 1000))
        yield from session.agree()
        for name, body in setting_up(messages.CONTRACT):
            yield from session.ask(name, body)
        yield Rest(until_s=config.pay_s)
        if (yield from session.ask("PaymentDetailsReq", contract.details())):
            signed = messages.authorization(session.last["GenChallenge"], contract.key)
            yield from session.ask("AuthorizationReq", *signed)
        yield HangUp()

    return script


def setting_up(payment: str) -> Iterator[tuple[str, Body]]:
    """The requests from SessionSetup to the choice how to pay."""
    yield "SessionSetupReq", {"EVCCID": messages.EVCC_ID}
    yield "ServiceDiscoveryReq", {}
    yield "PaymentServiceSelectionReq", messages.selection(payment)


def charging() -> Iterator[tuple[str, Body]]:
    """The requests from the authorization to SessionStop of an AC vehicle that pays externally."""
    yield "AuthorizationReq", {}
    yield "ChargeParameterDiscoveryReq", messages.charge_parameter()
    yield "PowerDeliveryReq", messages.delivery("Start")
    yield "ChargingStatusReq", {}
    yield "PowerDeliveryReq", messages.delivery("Stop")
    yield "SessionStopReq", {"ChargingSession": "Terminate"}
