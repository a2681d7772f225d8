"""A car for session tests: it walks a Secc through whole sessions, message by message, over V2GTP and EXI."""

from garbage import sweep
from outlet import Outlet

from gridkeel import ticks
from gridkeel.clock import WallClock
from gridkeel.params import Parameters
from gridkeel.v2g import exi, grammars, journal_text, sap, v2gtp
from gridkeel.v2g.credentials import Credentials
from gridkeel.v2g.iso2 import response_codes, states
from gridkeel.v2g.secc import Secc

UNIX_S = 1_790_000_000
EVCC_ID = b"\x02\x00\x00\x00\x00\x01"
STEP_MS = 5
# One of each for all cars of a run: a board's heap has room for a charger, not for its tests beside it.
_OUT = bytearray(v2gtp.FRAME_MAX_BYTES)
_BUFFER = bytearray(v2gtp.PAYLOAD_MAX_BYTES)


_KINDS = journal_text.kinds()
_CODES = journal_text.names()


def named(entry):
    """Return an entry of the log with the names of its codes, "" for none."""
    kind, subject, detail, number = entry
    return _KINDS[kind], _CODES[subject] if subject else "", _CODES[detail] if detail else "", number


class Noise:
    """Bytes that differ at every call, the same in every run."""

    def __init__(self):
        self._state = 1

    def __call__(self, n):
        out = bytearray(n)
        for k in range(n):
            self._state = (self._state * 1103515245 + 12345) & 0x3FFFFFFF
            out[k] = self._state >> 16 & 0xFF
        return bytes(out)


class ClosedError(Exception):
    """The charger closed the connection without an answer."""


class Bench:
    """A charger, its Secc, one virtual clock; `car` talks to it."""

    def __init__(self, dc=False, secured=False, credentials=None, backend=None, changes=None, start_ms=1000):
        sweep()
        self.now_ms = start_ms
        self.outlet = Outlet(dc)
        self.clock = WallClock()
        self.clock.set(UNIX_S, self.now_ms)
        self.parameters = Parameters(changes)
        self.secc = Secc(self.outlet, credentials or Credentials(), self.parameters, self.clock, Noise(), backend)
        self.backend = backend
        self.secured = secured
        self.events = []
        self.connect()

    def connect(self):
        self.secc.connected(self.secured, self.now_ms)

    def disconnect(self):
        self.secc.disconnected(self.now_ms)
        self.drain()

    def drain(self):
        while True:
            entry = self.secc.take_event()
            if entry is None:
                return self.events
            self.events.append(named(entry))

    def kinds(self, kind):
        return [event for event in self.drain() if event[0] == kind]

    def run(self, ms):
        """Let virtual time pass, in coarser steps the longer it is."""
        step_ms = max(STEP_MS, ms // 300)
        end_ms = ticks.add(self.now_ms, ms)
        while ticks.diff(end_ms, self.now_ms) > 0:
            self.now_ms = ticks.add(self.now_ms, min(step_ms, ticks.diff(end_ms, self.now_ms)))
            self._step()

    def _step(self):
        self.outlet.step(self.now_ms)
        if self.backend:
            self.backend.step(self.now_ms)
        self.secc.on_deadline(self.now_ms)
        while self.secc.work(self.now_ms):
            pass
        self.drain()

    def send_frame(self, payload):
        frame = bytearray(v2gtp.HEADER_BYTES + len(payload))
        v2gtp.header(frame, v2gtp.EXI, len(payload))
        frame[v2gtp.HEADER_BYTES :] = payload
        self.send(frame)

    def send(self, data):
        for first in range(0, len(data), 1024):
            part = data[first : first + 1024]
            self.secc.receive(part, len(part), self.now_ms)

    def answer(self, within_ms=5000):
        """Return the payload of the next frame from the charger; raise ClosedError where there is none."""
        for _ in range(within_ms // STEP_MS + 1):
            self._step()
            n = self.secc.data_to_send(_OUT, self.now_ms)
            if n:
                length = n - v2gtp.HEADER_BYTES
                assert v2gtp.check(_OUT, n, v2gtp.EXI) == length
                return bytes(_OUT[v2gtp.HEADER_BYTES : n])
            if self.secc.closing:
                raise ClosedError(self.events[-1])
            self.now_ms = ticks.add(self.now_ms, STEP_MS)
        raise AssertionError("no answer in %d ms" % within_ms)


class Car:
    """What an EVCC knows; `ask` is one message pair."""

    def __init__(self, bench, mode="AC_single_phase_core", payment="ExternalPayment"):
        self.bench = bench
        self.mode = mode
        self.payment = payment
        self.session_id = b"\x00"
        self.signature = None
        self.last = None

    # --- one pair

    def negotiate(self, offers=None):
        offers = offers or [offer(1, 1)]
        end = exi.encode(grammars.sap(), sap.REQUEST, {"AppProtocol": offers}, _BUFFER, 0)
        self.bench.send_frame(_BUFFER[:end])
        data = self.bench.answer()
        name, value = exi.decode(grammars.sap(), data, 0, len(data))
        assert name == sap.RESPONSE
        return value

    def send(self, name, body):
        header = {"SessionID": self.session_id}
        if self.signature is not None:
            header["Signature"] = self.signature
        message = {"Header": header, "Body": {name: body}}
        end = exi.encode(grammars.iso2(), "V2G_Message", message, _BUFFER, 0)
        self.bench.send_frame(_BUFFER[:end])

    def receive(self, name):
        data = self.bench.answer()
        root, message = exi.decode(grammars.iso2(), data, 0, len(data))
        response = message["Body"][states.response_of(name)]
        if name == "SessionSetupReq":
            self.session_id = message["Header"]["SessionID"]
        assert len(message["Header"]["SessionID"]) == 8
        assert response_codes.may_carry(states.response_of(name), response["ResponseCode"]), response
        self.last = response
        return response

    def ask(self, name, body, code="OK"):
        self.send(name, body)
        response = self.receive(name)
        assert response["ResponseCode"] == code, (name, response["ResponseCode"], self.bench.events[-4:])
        return response

    # --- the phases

    @property
    def dc(self):
        return self.mode.startswith("DC")

    def request(self, name):
        """Return a valid body of request `name`."""
        return _BODIES[name](self)

    def setup(self, code="OK_NewSessionEstablished"):
        self.negotiate()
        return self.ask("SessionSetupReq", {"EVCCID": EVCC_ID}, code)

    def to_selected(self):
        """Go on to the payment that is selected."""
        self.setup()
        for name in ("ServiceDiscoveryReq", "PaymentServiceSelectionReq"):
            self.ask(name, self.request(name))

    def to_authorized(self):
        self.to_selected()
        self.ask("AuthorizationReq", self.request("AuthorizationReq"))

    def to_offer(self):
        self.to_authorized()
        return self.ask("ChargeParameterDiscoveryReq", self.request("ChargeParameterDiscoveryReq"))

    def to_power_delivery(self):
        self.to_offer()
        if self.dc:
            self.cable_check()
            self.pre_charge()

    def cable_check_only(self):
        self.bench.outlet.wants_power = True
        while self.ask("CableCheckReq", self.request("CableCheckReq"))["EVSEProcessing"] == "Ongoing":
            self.bench.run(200)

    def cable_check(self):
        self.cable_check_only()
        assert self.last["DC_EVSEStatus"]["EVSEStatusCode"] == "EVSE_Ready"

    def pre_charge(self):
        while abs(number(self.ask("PreChargeReq", self.request("PreChargeReq"))["EVSEPresentVoltage"]) - 400) > 20:
            self.bench.run(50)

    def to_charging(self):
        self.to_power_delivery()
        self.bench.outlet.wants_power = True
        self.ask("PowerDeliveryReq", self.request("PowerDeliveryReq"))

    @property
    def loop(self):
        return "CurrentDemandReq" if self.dc else "ChargingStatusReq"

    def charge(self, times):
        for _ in range(times):
            self.ask(self.loop, self.request(self.loop))
            self.bench.run(100)
        return self.last

    def stop(self, kind="Terminate"):
        self.ask("PowerDeliveryReq", delivery("Stop", self))
        self.bench.outlet.wants_power = False
        if self.dc:
            self.ask("WeldingDetectionReq", self.request("WeldingDetectionReq"))
        return self.ask("SessionStopReq", {"ChargingSession": kind})


def offer(schema_id, priority, namespace=sap.NAMESPACE, major=2, minor=0):
    return {
        "ProtocolNamespace": namespace,
        "VersionNumberMajor": major,
        "VersionNumberMinor": minor,
        "SchemaID": schema_id,
        "Priority": priority,
    }


def value(amount, unit, multiplier=0):
    return {"Multiplier": multiplier, "Unit": unit, "Value": amount}


def number(physical):
    multiplier = physical["Multiplier"]
    return physical["Value"] * 10**multiplier if multiplier >= 0 else physical["Value"] / 10**-multiplier


def ev_status(error="NO_ERROR", soc=40):
    return {"EVReady": True, "EVErrorCode": error, "EVRESSSOC": soc}


def delivery(progress, car, tuple_id=1, profile=None):
    body = {"ChargeProgress": progress, "SAScheduleTupleID": tuple_id}
    if profile:
        entries = []
        for start_s, power_w in profile:
            entries.append({"ChargingProfileEntryStart": start_s, "ChargingProfileEntryMaxPower": value(power_w, "W")})
        body["ChargingProfile"] = {"ProfileEntry": entries}
    if car.dc:
        body["DC_EVPowerDeliveryParameter"] = {"DC_EVStatus": ev_status(), "ChargingComplete": progress == "Stop"}
    return body


def charge_parameter(car):
    body = {"RequestedEnergyTransferMode": car.mode}
    if car.dc:
        body["DC_EVChargeParameter"] = {
            "DepartureTime": 7200,
            "DC_EVStatus": ev_status(),
            "EVMaximumCurrentLimit": value(32000, "A", -3),
            "EVMaximumPowerLimit": value(8000, "W", 1),
            "EVMaximumVoltageLimit": value(50, "V", 1),
            "EVEnergyRequest": value(6000, "Wh", 1),
        }
    else:
        body["AC_EVChargeParameter"] = {
            "EAmount": value(60, "Wh"),
            "EVMaxVoltage": value(400, "V"),
            "EVMaxCurrent": value(32000, "A", -3),
            "EVMinCurrent": value(10, "A"),
        }
    return body


def demand(car, volts=400, amperes=20):
    return {
        "DC_EVStatus": ev_status(),
        "EVTargetCurrent": value(amperes, "A"),
        "ChargingComplete": False,
        "EVTargetVoltage": value(volts, "V"),
    }


def pre_charge(car):
    return {"DC_EVStatus": ev_status(), "EVTargetVoltage": value(400, "V"), "EVTargetCurrent": value(1, "A")}


_BODIES = {
    "SessionSetupReq": lambda car: {"EVCCID": EVCC_ID},
    "ServiceDiscoveryReq": lambda car: {},
    "ServiceDetailReq": lambda car: {"ServiceID": 1},
    "PaymentServiceSelectionReq": lambda car: {
        "SelectedPaymentOption": car.payment,
        "SelectedServiceList": {"SelectedService": [{"ServiceID": 1}]},
    },
    "AuthorizationReq": lambda car: {},
    "ChargeParameterDiscoveryReq": charge_parameter,
    "PowerDeliveryReq": lambda car: delivery("Start", car),
    "ChargingStatusReq": lambda car: {},
    "CableCheckReq": lambda car: {"DC_EVStatus": ev_status()},
    "PreChargeReq": pre_charge,
    "CurrentDemandReq": demand,
    "WeldingDetectionReq": lambda car: {"DC_EVStatus": ev_status()},
    "SessionStopReq": lambda car: {"ChargingSession": "Terminate"},
    "PaymentDetailsReq": lambda car: {
        "eMAID": "DE8AA1A2B3C4D59",
        "ContractSignatureCertChain": {"Certificate": b"\x30\x00"},
    },
    "CertificateInstallationReq": lambda car: {
        "Id": "id1",
        "OEMProvisioningCert": b"\x30\x00",
        "ListOfRootCertificateIDs": {
            "RootCertificateID": [{"X509IssuerName": "CN=V2GRoot", "X509SerialNumber": 12345}]
        },
    },
    "CertificateUpdateReq": lambda car: {
        "Id": "id1",
        "ContractSignatureCertChain": {"Certificate": b"\x30\x00"},
        "eMAID": "DE8AA1A2B3C4D59",
        "ListOfRootCertificateIDs": {
            "RootCertificateID": [{"X509IssuerName": "CN=V2GRoot", "X509SerialNumber": 12345}]
        },
    },
    "MeteringReceiptReq": lambda car: {
        "SessionID": car.session_id,
        "SAScheduleTupleID": 1,
        "MeterInfo": {"MeterID": "METER-1", "MeterReading": 1234},
    },
}
