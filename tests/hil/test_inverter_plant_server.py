"""The inverter model as a process: TCP and serial servers, driven by pysunspec2's own clients."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import tty

import pytest
import sunspec2.modbus.client as sunspec_client
from sunspec2.modbus import modbus

from command_line.plant import parse_address
from host_tools.errors import ToolError

COMMAND = (
    "import sys\n"
    "from command_line.plant import app\n"
    "from host_tools.errors import ToolError\n"
    "try:\n"
    "    app(standalone_mode=False)\n"
    "except ToolError as error:\n"
    "    print(error, file=sys.stderr)\n"
    "    sys.exit(error.exit_code)\n"
)


def start(*options):
    command = [sys.executable, "-c", COMMAND, "inverter", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def end(process, how=signal.SIGINT):
    process.send_signal(how)
    try:
        _out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")


@pytest.fixture
def served(request):
    process = start("--tcp", "127.0.0.1:0", "--json", "--seconds", "120", *getattr(request, "param", ()))
    yield json.loads(process.stdout.readline())
    end(process)


def client_of(facts):
    return sunspec_client.SunSpecModbusClientDeviceTCP(
        slave_id=facts["unit"], ipaddr=facts["host"], ipport=facts["port"], timeout=20
    )


def wait_for(condition):
    give_up = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < give_up, "never came true"
        time.sleep(0.05)


def answers(device):
    with contextlib.suppress(modbus.ModbusClientError, modbus.ModbusClientTimeout):
        return device.read(40000, 2) == b"SunS"
    return False


def drive_der(device):
    """Command charging, see it delivered and reverted by the model's own timer."""
    measurement, control, storage = (device.models[number][0] for number in (701, 704, 713))
    control.WSet.cvalue = -3000
    control.WSet.write()
    control.WSetEna.cvalue = 1
    control.WSetEna.write()
    wait_for(lambda: measurement.read() or measurement.W.cvalue == -3000)
    storage.read()
    assert storage.SoC.cvalue == pytest.approx(50, abs=1)
    # The timer starts only now: a slow test would not see what it had already ended.
    control.WSetRvrtTms.cvalue = 1
    control.WSetRvrtTms.write()
    control.WSetEna.cvalue = 1
    control.WSetEna.write()
    wait_for(lambda: control.read() or control.WSetEna.cvalue == 0)
    wait_for(lambda: measurement.read() or measurement.W.cvalue == 0)


@pytest.mark.parametrize(
    ("served", "numbers"),
    [
        (("--soc", "50"), [1, 701, 702, 704, 713]),
        (("--base-address", "50000", "--unit", "7", "--soc", "50"), [1, 701, 702, 704, 713]),
        (("--base-address", "0", "--soc", "50"), [1, 701, 702, 704, 713]),
    ],
    indirect=["served"],
)
def test_pysunspec2_drives_the_der_family_over_tcp(served, numbers):
    device = client_of(served)
    device.connect()
    device.scan(connect=False)
    assert device.base_addr == served["base_address"]
    assert [model.model_id for model in device.model_list] == numbers
    drive_der(device)
    device.close()


@pytest.mark.parametrize("served", [("--family", "legacy")], indirect=True)
def test_pysunspec2_drives_the_legacy_family_over_tcp(served):
    device = client_of(served)
    device.connect()
    device.scan(connect=False)
    assert [model.model_id for model in device.model_list] == [1, 103, 120, 121, 122, 123, 124]
    storage, measurement = device.models[124][0], device.models[103][0]
    storage.StorCtl_Mod.cvalue = 3
    storage.OutWRte.cvalue = -50
    storage.InWRte.cvalue = 50
    storage.write()
    wait_for(lambda: measurement.read() or measurement.W.cvalue == -3700)
    with pytest.raises(Exception, match="exception: 3"):
        device.write(storage.model_addr + storage.InWRte.offset, b"\x7f\xff")
    device.close()


def request(transaction, pdu, unit=1, protocol=0):
    return (
        b"".join(number.to_bytes(2, "big") for number in (transaction, protocol, len(pdu) + 1)) + bytes((unit,)) + pdu
    )


def take(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        assert piece, "closed early"
        data += piece
    return data


READ_MARKER = b"\x03\x9c\x40\x00\x02"


def test_pipelined_requests_are_answered_in_order_to_every_client(served):
    sockets = [socket.create_connection((served["host"], served["port"]), timeout=20) for _client in range(5)]
    for number, sock in enumerate(sockets):
        sock.sendall(b"".join(request(100 * number + i, READ_MARKER) for i in range(20)))
    for number, sock in enumerate(sockets):
        for i in range(20):
            assert take(sock, 13) == request(100 * number + i, b"\x03\x04SunS")
        sock.close()


@pytest.mark.parametrize(
    "bad", [request(1, READ_MARKER, protocol=1), b"\0\1\0\0\0\0\1", b"\0\1\0\0\1\0\1", b"\xff" * 64]
)
def test_what_is_no_modbus_closes_only_its_own_connection(served, bad):
    address = (served["host"], served["port"])
    with socket.create_connection(address, timeout=20) as good, socket.create_connection(address, timeout=20) as evil:
        evil.sendall(bad)
        with contextlib.suppress(ConnectionResetError):  # so it reads where it was closed with our bytes unread
            assert evil.recv(100) == b""
        good.sendall(request(7, READ_MARKER))
        assert take(good, 13) == request(7, b"\x03\x04SunS")


def test_other_units_are_refused_and_requests_in_pieces_answered(served):
    with socket.create_connection((served["host"], served["port"]), timeout=20) as sock:
        for byte in request(1, READ_MARKER, unit=255):
            sock.sendall(bytes((byte,)))
        assert take(sock, 13) == request(1, b"\x03\x04SunS", unit=255)
        sock.sendall(request(2, READ_MARKER, unit=9))
        assert take(sock, 9) == request(2, b"\x83\x0b", unit=9)


def test_more_clients_than_places_are_turned_away(served):
    address = (served["host"], served["port"])
    sockets = [socket.create_connection(address, timeout=20) for _client in range(16)]
    for sock in sockets:
        sock.sendall(request(1, READ_MARKER))
        take(sock, 13)
    with socket.create_connection(address, timeout=20) as late:
        assert late.recv(1) == b""
    for sock in sockets:
        sock.close()


def test_ctrl_c_ends_it_with_clients_connected():
    process = start("--tcp", "127.0.0.1:0", "--json", "--seconds", "120")
    facts = json.loads(process.stdout.readline())
    with socket.create_connection((facts["host"], facts["port"]), timeout=20) as sock:
        sock.sendall(request(1, READ_MARKER))
        take(sock, 13)
        end(process)


class Wire:
    """Two pseudo-terminals joined byte for byte: a serial cable with a name at either end."""

    def __init__(self):
        pairs = [os.openpty() for _end in range(2)]
        self._masters = [master for master, _slave in pairs]
        self._slaves = [slave for _master, slave in pairs]
        for slave in self._slaves:
            tty.setraw(slave)
        self.names = [os.ttyname(slave) for slave in self._slaves]
        self._wake = os.pipe()
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def _carry(self):
        while True:
            ready, _writable, _failed = select.select([*self._masters, self._wake[0]], [], [])
            if self._wake[0] in ready:
                return
            for master in ready:
                os.write(self._masters[self._masters[0] == master], os.read(master, 4096))

    def close(self):
        os.write(self._wake[1], b"x")
        self._thread.join()
        for fd in (*self._masters, *self._slaves, *self._wake):
            os.close(fd)


@pytest.fixture
def wire():
    cable = Wire()
    yield cable
    cable.close()


def test_pysunspec2_drives_the_der_family_over_a_serial_line(wire):
    process = start("--serial", wire.names[0], "--json", "--seconds", "120", "--soc", "50")
    assert json.loads(process.stdout.readline())["serial"] == wire.names[0]
    with open(wire.names[1], "wb", buffering=0) as noise:
        noise.write(b"\x01\x03\x9c\xff\x00garbage before the first frame")
    device = sunspec_client.SunSpecModbusClientDeviceRTU(slave_id=1, name=wire.names[1], baudrate=115200, timeout=20)
    # The silence that ends the garbage may have passed for this end alone: a question that went with it is asked again.
    wait_for(lambda: answers(device))
    device.scan()
    assert [model.model_id for model in device.model_list] == [1, 701, 702, 704, 713]
    drive_der(device)
    device.close()
    end(process, signal.SIGTERM)


def finished(*options):
    process = start(*options)
    try:
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, out, err


def test_the_server_ends_by_itself_and_reports_what_it_did():
    code, out, err = finished("--tcp", "127.0.0.1:0", "--seconds", "0.2")
    assert (code, err) == (0, "")
    assert "listens on tcp://127.0.0.1:" in out
    assert "stopped: standby +0 W" in out


def test_mistakes_are_reported_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = finished("--tcp", f"127.0.0.1:{port}")
    assert (code, out) == (2, "")
    assert err == f"cannot listen on 127.0.0.1:{port}: address already in use; port 0 takes a free one\n"
    for options, expected, word in (
        (("--serial", "/dev/nothing-here"), 3, "there is no such port"),
        ((), 2, "give one of"),
        (("--tcp", "127.0.0.1:0", "--soc", "120"), 2, "battery.soc_pct = 120"),
        (("--tcp", "127.0.0.1"), 2, "no HOST:PORT"),
    ):
        code, out, err = finished(*options)
        assert (code, out, err.count("\n")) == (expected, "", 1)
        assert word in err


def test_addresses_are_read_and_wrong_ones_refused():
    assert parse_address("[::1]:502") == ("::1", 502)
    assert parse_address("localhost:0") == ("localhost", 0)
    for text in ("", "502", ":502", "a:", "a:b", "a:65536", "a:-1", "a:²"):
        with pytest.raises(ToolError, match="HOST:PORT"):
            parse_address(text)
