"""The register map of one device: the SunSpec marker, its models one after the other, the end model.

Constants are laid out once; readings and settings are encoded when a master asks for them, so a reader never sees
a value older than the physics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hil.plants.inverter.modbus import ILLEGAL_ADDRESS, ILLEGAL_VALUE, ModbusError
from hil.plants.inverter.points import ModelSpec, Point, Setting, lay_out

_MARKER = b"SunS"
_END_MODEL = b"\xff\xff\x00\x00"


class RegisterMap:
    """Registers of a chain of models from a base address on."""

    def __init__(self, base_address: int, specs: Iterable[ModelSpec]):
        self._base = base_address
        self._image = bytearray(_MARKER)
        self._live: list[tuple[Point, Callable[[], float | None]]] = []
        self._settings: dict[int, tuple[Point, Setting]] = {}
        for spec in specs:
            self._add(spec)
        self._image += _END_MODEL
        self._end = base_address + len(self._image) // 2

    def _add(self, spec: ModelSpec) -> None:
        points = lay_out(spec, self._base + len(self._image) // 2)
        length = sum(point.count for point in points) - 2
        known = {**spec.values, "ID": spec.number, "L": length}
        unknown = {*spec.values, *spec.live, *spec.settings} - {point.name for point in points}
        if unknown:
            raise ValueError(f"model {spec.number} has no points {sorted(unknown)}")
        for point in points:
            self._image += point.encode(known.get(point.name))
            if point.name in spec.live:
                self._live.append((point, spec.live[point.name]))
            elif point.name in spec.settings:
                self._settings[point.address] = (point, spec.settings[point.name])

    def read(self, address: int, count: int) -> bytes:
        """Return the bytes of `count` registers.  Errors: ModbusError where one of them is not mapped."""
        end = address + count
        if address < self._base or end > self._end:
            raise ModbusError(ILLEGAL_ADDRESS)
        for point, reading in self._live:
            if point.address < end and point.address + point.count > address:
                self._put(point, reading())
        for point, setting in self._settings.values():
            if point.address < end and point.address + point.count > address:
                self._put(point, setting.value)
        start = 2 * (address - self._base)
        return bytes(self._image[start : start + 2 * count])

    def _put(self, point: Point, value: float | None) -> None:
        start = 2 * (point.address - self._base)
        self._image[start : start + 2 * point.count] = point.encode(value)

    def write(self, address: int, data: bytes) -> dict[str, float]:
        """Write whole settings, all or nothing, and return {name: value} in the order written.

        Errors: ModbusError 2 where a register is no setting or a setting is cut, 3 where a value is not accepted.
        """
        pending = list(self._settings_in(address, data))
        values = [self._accepted(point, setting, raw) for point, setting, raw in pending]
        for (_point, setting, _raw), value in zip(pending, values, strict=True):
            setting.value = value
        return {point.name: value for (point, _setting, _raw), value in zip(pending, values, strict=True)}

    def _settings_in(self, address: int, data: bytes):
        offset = 0
        while offset < len(data):
            found = self._settings.get(address + offset // 2)
            if found is None or offset + 2 * found[0].count > len(data):
                raise ModbusError(ILLEGAL_ADDRESS)
            point, setting = found
            yield point, setting, data[offset : offset + 2 * point.count]
            offset += 2 * point.count

    @staticmethod
    def _accepted(point: Point, setting: Setting, raw: bytes) -> float:
        value = point.decode(raw)
        if value is None or not point.allows(value) or not setting.low <= value <= setting.high:
            raise ModbusError(ILLEGAL_VALUE)
        return value
