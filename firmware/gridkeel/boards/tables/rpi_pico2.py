"""Raspberry Pi Pico 2: RP2350 with two Cortex-M33, 520 kB of RAM, 4 MB of flash; the pins of the Pico's table."""

NAME = "rpi_pico2"
MACHINE = "Raspberry Pi Pico2 with RP2350"
CHIP = "RP2350"
FAMILY = "rp2"
CLOCK_HZ = 150000000

CONTACTOR = 15
FEEDBACK = 14
RCD = 13
SERVICE = 22

MAINS_ADC = 26
PILOT_ADC = 27
PILOT_PWM = 16
PILOT_ENABLE = 17
PILOT_LOW_MV = -16500
PILOT_SPAN_MV = 33000

RS485_UART = 1
RS485_TX = 4
RS485_RX = 5
RS485_DE = 6
RS485_PARITY = 0
RS485_STOP = 1

HOST_UART = 0
HOST_TX = 0
HOST_RX = 1
HOST_BAUD = 115200

WATCHDOG_MAX_MS = 16777
ENTROPY = "xoroshiro128** of the SDK, fed by the true random number generator at every call"
KEYS_ON_DEVICE = True

ADC_BASE = 0x400A0000
ADC_DREQ = 48
