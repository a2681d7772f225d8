"""Raspberry Pi Pico: RP2040, two Cortex-M0+ of which the firmware uses one, 264 kB of RAM, 2 MB of flash."""

NAME = "rpi_pico"
MACHINE = "Raspberry Pi Pico with RP2040"
CHIP = "RP2040"
FAMILY = "rp2"
CLOCK_HZ = 125000000

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

WATCHDOG_MAX_MS = 8388
ENTROPY = "xoroshiro128** of the SDK, fed by the ring oscillator and by times"
KEYS_ON_DEVICE = False

# registers and requests that the chips of the family have in different places
ADC_BASE = 0x4004C000
ADC_DREQ = 36
