"""Modbus RTU master: PDUs, CRC and one transaction at a time, without a port."""
