"""A bidirectional SunSpec inverter with its battery, speaking Modbus RTU and TCP in virtual or real time."""

from hil.plants.battery import BatteryConfig
from hil.plants.inverter.config import InverterConfig
from hil.plants.inverter.model import Inverter
from hil.plants.inverter.rtu_port import RtuSlavePort

__all__ = ["BatteryConfig", "Inverter", "InverterConfig", "RtuSlavePort"]
