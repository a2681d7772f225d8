"""The inverter at the end of the RS-485 line: Modbus RTU master, SunSpec discovery, drivers a family.

Power is positive into the vehicle on this side of the drivers, and positive out of it (SunSpec's count) on the wire.
"""

SEARCHING = 0
READY = 1
DRIVING = 2
SILENT = 3
UNSUITED = 4
STATES = ("searching", "ready", "driving", "silent", "unsuited")
