"""Pin tables: one board a file, constants only, so that hosts read them too; docs/boards.md shows all of them.

NAME, MACHINE        the table's own name, and what os.uname().machine says of a stock interpreter's board
CHIP, FAMILY         the chip, as that text ends; the file of gridkeel/boards that drives it
CLOCK_HZ             of the processor: set at start, and what costs are reckoned with
CONTACTOR            output, high closes; it needs a pull-down of its own for the time before the start
FEEDBACK, RCD        inputs with pull-up: an auxiliary contact to ground that is closed with the contactor, a contact to
                     ground that opens when the residual current device trips; a broken wire is open, and tripped
SERVICE              input with pull-up: held to ground at reset, the program ends before it starts
PILOT_PWM            output to the driver of the control pilot: high +12 V, low -12 V; NONE without a pilot
PILOT_ENABLE         output, high connects that driver; NONE where it is always connected
PILOT_LOW_MV         pilot's voltage at count 0 of its ADC input
PILOT_SPAN_MV        pilot's voltage from count 0 to full scale
RS485_*              UART, its pins, DE of the transceiver (with /RE), parity (-1 none, 0 even, 1 odd) and stop bits
HOST_*               UART of the host link; HOST_UART = NONE for the USB console
WATCHDOG_MAX_MS      longest timeout of the chip's watchdog
ENTROPY              what os.urandom draws from, and KEYS_ON_DEVICE whether private keys may be made of it

What else a family needs stands in its tables and is named in its file.
"""

NONE = -1
BOARDS = {
    # platform: the tables that run there
    "rp2": ("rpi_pico", "rpi_pico2"),
    "esp32": ("esp32_s3_devkitc",),
    "pyboard": ("nucleo_h743zi",),
}
