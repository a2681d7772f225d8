"""The tasks: one control loop that awaits nothing but its own block, and the rest beside it."""

import asyncio
import gc

from gridkeel import TYPE_CHECKING, errors, evse, params, slices, telemetry, ticks
from gridkeel.battery import Battery
from gridkeel.clock import WallClock
from gridkeel.controller import Controller
from gridkeel.link import message_ids
from gridkeel.link.device import DeviceLink
from gridkeel.reports import BATTERY, TELEMETRY, Reports
from gridkeel.runtime.commands import Commands
from gridkeel.runtime.config import Config
from gridkeel.runtime.health import Health, Heap
from gridkeel.runtime.supervisor import Supervisor
from gridkeel.services.protection import RUN

if TYPE_CHECKING:
    from gridkeel.protocols import Board

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # a port without it runs the same loop unguarded

    def heap_lock():
        """Do nothing where the port cannot lock its heap."""

    heap_unlock = heap_lock

BUS_BUFFER = 256  # the largest Modbus RTU frame
LINK_BUFFER = 512
LOOK_MS = 1000  # how often the room in the heap is looked at; with every record where vehicles make garbage
COUNT_MS = 100  # how often power and current of the battery are counted
ROUND_MS = 10  # longest sleep of the service task: its deadlines are tens of milliseconds and more


class App:
    """One controller on one board."""

    def __init__(self, board: "Board", config: Config) -> None:
        self.board = board
        self.config = config
        slices.set_clock(board.clock_hz)
        self.parameters = parameters = config.parameters
        board.begin(parameters)
        self.controller = Controller(parameters, self._make_mains(), config.device_id)
        self.backend = self._make_backend()
        self.health = Health()
        self.heap = Heap(self.health)
        self.link = DeviceLink(config.device_id, board.boot_id, backend=self.backend, uptime=self.health)
        self.link.set_silence_ms(parameters.host_silent_ms)
        self.clock = WallClock()
        self.reports = Reports(parameters, board.ticks_ms())
        self.commands = Commands(config, self.controller, self.link, self.health, self.clock, self.reports)
        self.supervisor = Supervisor(board, self.controller.faults, parameters.watchdog_ms)
        self.vehicle = self._make_vehicle()
        self.controller.protection.allow(not config.code)
        self.storage = None
        self._wire: DeviceLink = self.link
        area = board.open_area()
        if area is not None:
            from gridkeel.runtime.storage import Storage  # loaded where it is used

            self.storage = Storage(self, area)
        self._block_samples = parameters.sample_hz * parameters.block_ms // 1000
        self._out = bytearray(BUS_BUFFER)
        self._link_out = bytearray(LINK_BUFFER)
        self._record = telemetry.record()
        self._battery = Battery(self.controller)
        self._counted_ms = 0
        self._last_block_ms = 0
        self._watched_ms = 0
        self._stale = True
        self._looked_ms = 0
        self.heap.begin()

    async def run(self) -> None:
        """Run for ever."""
        now_ms = self.board.ticks_ms()
        self._last_block_ms = self._watched_ms = now_ms
        self.health.start_clock(now_ms)
        supervisor = self.supervisor
        supervisor.watch("control", self._control, True)
        supervisor.watch("bus", self._bus, True)
        supervisor.watch("host", self._host)
        supervisor.watch("service", self._service, True)
        if self.vehicle:
            self.vehicle.watch(supervisor)
        await supervisor.run()

    def _serves_vehicles(self):
        return self.parameters.evse == evse.ISO15118 and self.board.has_vehicle_network

    def _make_mains(self):
        if not self.board.edges_hz:
            return None
        from gridkeel.sensing.edges import EdgeEstimator  # most boards sample

        return EdgeEstimator(self.parameters, self.board.edges_hz)

    def _make_backend(self):
        if not self._serves_vehicles():
            return None
        from gridkeel.link.backend import Backend  # only a vehicle has questions

        return Backend()

    def _make_vehicle(self):
        if not self._serves_vehicles():
            return None
        from gridkeel.runtime import vehicle  # most of the firmware's size: loaded where it is used

        try:
            return vehicle.make(self, self.backend)
        except (OSError, ValueError) as error:
            print("gridkeel: no vehicle is served: %s" % error)
            self.config.refuse(params.NO_VEHICLES)
            return None

    async def _control(self):
        board = self.board
        block = board.block_buffer(self._block_samples)
        connector = self.controller.connector
        vehicle = self.vehicle
        edges = board.edges_hz
        while True:
            lost = await board.mains.next_block(block)
            start_us = board.ticks_us()
            now_ms = board.ticks_ms()
            self._last_block_ms = now_ms
            self._stale = False
            if connector is not None:
                board.connector.read(connector.levels)
            n = self._step(block, board.mains.count if edges else self._block_samples, lost, now_ms)
            if n:
                board.rs485.write(self._out, n)
            self._drive()
            self.health.block(start_us, board.ticks_us())
            if vehicle is not None:
                vehicle.notify()
            # The whole block period is free now: the one moment where a walk through the heap delays nothing.
            if not self.heap.tend() and self.storage is not None and self.storage.due:
                self.storage.write()

    def _drive(self):
        """Hand the contactor's level and the connector's orders to the board."""
        self.board.energise(self.controller.energise)
        if self.controller.connector is not None:
            self.board.connector.write(self.controller.connector.orders)

    def _step(self, block, count, lost, now_ms):
        # The heap is locked from the samples to the bytes: the rule that this path allocates nothing is not only
        # tested, it holds on every block of every board. Breaking it is a fault that drives the power to zero.
        heap_lock()
        try:
            if lost:
                self.controller.block_lost()
            self.controller.step(block, count, now_ms)
            return self.controller.data_to_send(self._out, now_ms)
        except MemoryError:
            self.controller.protection.allow(False)
            self.controller.faults.set(errors.CONTROL_ALLOCATED, True)
            return 0
        finally:
            heap_unlock()

    async def _bus(self):
        board = self.board
        data = bytearray(BUS_BUFFER)
        while True:
            n = await board.rs485.readinto(data)
            self.controller.receive(data, n, board.ticks_ms())
            self._pump_bus()

    def _pump_bus(self):
        n = self.controller.data_to_send(self._out, self.board.ticks_ms())
        if n:
            self.board.rs485.write(self._out, n)

    async def _host(self):
        board = self.board
        data = bytearray(LINK_BUFFER)
        while True:
            n = await board.host.readinto(data)
            now_ms = board.ticks_ms()
            self.health.clock(now_ms)
            self._wire.receive(data, n, now_ms)
            if self.vehicle and self.backend.settled:
                self.vehicle.notify()
            while True:
                command = self.link.next_command()
                if command is None:
                    break
                self.commands.carry_out(command[0], command[1], now_ms)
            self.pump_link(now_ms)

    def pump_link(self, now_ms: int) -> None:
        """Send what there is for the host."""
        while True:
            n = self._wire.data_to_send(self._link_out, now_ms)
            if not n:
                return
            self.board.host.write(self._link_out, n)

    async def _service(self):
        reports = self.reports
        while True:
            now_ms = self.board.ticks_ms()
            self.health.clock(now_ms)
            self.supervisor.beat(now_ms)
            self._watch_samples(now_ms)
            self._run_deadlines(now_ms)
            if ticks.diff(now_ms, self._counted_ms) >= COUNT_MS:
                self._counted_ms = now_ms
                self._battery.count(now_ms)
            if reports.due(TELEMETRY, now_ms):
                self._report(now_ms)
            if reports.due(BATTERY, now_ms):
                self.link.post(message_ids.BATTERY, self._battery.record(self.health.uptime_ms, now_ms))
            self.pump_link(now_ms)
            await asyncio.sleep_ms(self._rest_ms(now_ms))

    def _watch_samples(self, now_ms):
        stale_ms = self.parameters.samples_stale_ms
        # Where the whole program was held up, by flash that is erased, the samples may be there: they are taken first.
        held_up = ticks.diff(now_ms, self._watched_ms) > stale_ms
        self._watched_ms = now_ms
        if not held_up and ticks.diff(now_ms, self._last_block_ms) > stale_ms:
            self._stale = True
            self.health.pause()
        if self._stale:
            if self.controller.connector is not None:
                self.board.connector.read(self.controller.connector.levels)
            self.controller.samples_lost(now_ms)
            self._drive()
            if self.vehicle:
                self.vehicle.notify()
            self.heap.tend()  # in the control task's place, which waits for a block

    def _run_deadlines(self, now_ms):
        controller = self.controller
        if controller.inverter.deadline(now_ms) == 0:
            controller.inverter.on_deadline(now_ms)
        self._pump_bus()
        if self._wire.deadline(now_ms) == 0:
            self._wire.on_deadline(now_ms)
        connected = self._wire.connected(now_ms)
        code = self.config.code
        if connected and code and controller.faults.is_active(errors.HOST_LOST):
            # The event of the start may have left the ring long before a host came, and the reason with it.
            self.link.post(message_ids.FAULT_EVENT, (self.health.uptime_ms, errors.CONFIG_INVALID, 1, code))
        controller.faults.set(errors.HOST_LOST, not connected)
        controller.faults.set(errors.CONFIG_INVALID, code, code)
        self.config.follow(controller.protection.state == RUN, now_ms)
        if self.storage is not None:
            self._wire = self.storage.follow(connected, now_ms)

    def _rest_ms(self, now_ms):
        if self.storage is not None and self.storage.downloads.busy:
            return 1
        rest = self.reports.rest_ms(now_ms)
        for due in (self.controller.inverter.deadline(now_ms), self._wire.deadline(now_ms)):
            if 0 <= due < rest:
                rest = due
        return min(max(rest, 1), ROUND_MS)

    def _report(self, now_ms):
        self.clock.unix_s(now_ms)  # carries it on before the tick wraps, set or not
        while True:
            change = self.controller.faults.take()
            if change is None:
                break
            code, active, value = change
            self.link.post(message_ids.FAULT_EVENT, (self.health.uptime_ms, code, active, value))
        telemetry.fill(self._record, self.controller, self.health, self.link)
        self.link.post(message_ids.TELEMETRY, self._record)
        self.health.reported()
        if self.vehicle or ticks.diff(now_ms, self._looked_ms) >= LOOK_MS:
            self._looked_ms = now_ms
            self.heap.look()


def main(board: "Board") -> None:
    """Start one controller on a board; returns only when the program is interrupted."""
    app = App(board, Config(board))
    gc.collect()
    gc.threshold(-1)  # from here on the control task collects, when it has time (see _control)
    try:
        asyncio.run(app.run())
    finally:
        board.energise(False)
