"""Emulated chips: MicroPython's own ports on QEMU's Cortex-M7 and on an emulated RP2040, with the firmware in flash."""
