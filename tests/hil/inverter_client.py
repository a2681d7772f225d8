"""The inverter model without a wire: pysunspec2's client objects over its PDUs, in virtual time."""

import sunspec2.modbus.client as sunspec_client

from hil.plants.inverter import Inverter, InverterConfig


class RefusedError(Exception):
    pass


class MemoryDevice(sunspec_client.SunSpecModbusClientDevice):
    """pysunspec2's device over the model's PDU interface, without a wire."""

    def __init__(self, inverter):
        super().__init__()
        self.inverter = inverter
        self.scan(connect=False)

    def request(self, pdu):
        answer = self.inverter.handle_tcp(pdu)
        if answer[0] & 0x80:
            raise RefusedError(answer[1])
        return answer

    def read(self, addr, count):
        return self.request(b"\x03" + int(addr).to_bytes(2, "big") + int(count).to_bytes(2, "big"))[2:]

    def write(self, addr, data):
        head = int(addr).to_bytes(2, "big") + (len(data) // 2).to_bytes(2, "big") + bytes((len(data),))
        self.request(b"\x10" + head + data)

    def put(self, number, **points):
        """Write points of one model in the order given, neighbours in one request."""
        model = self.models[number][0]
        for name, value in points.items():
            model.points[name].cvalue = value
        model.write()

    def get(self, number, name):
        model = self.models[number][0]
        model.read()
        return model.points[name].cvalue


def device(**changes):
    return MemoryDevice(Inverter(InverterConfig.from_dict(changes)))


def run(inverter, seconds, voltage_v=230.0, freq_hz=50.0):
    """Advance in blocks of 10 ms, as the rig does."""
    start_s = inverter.now_s
    for step in range(1, round(seconds * 100) + 1):
        inverter.advance(start_s + step / 100, voltage_v, freq_hz)
