"""ESP32-S3-DevKitC-1: two Xtensa LX7 of which the firmware uses one; with PSRAM there is room for all of it."""

NAME = "esp32_s3_devkitc"
MACHINE = "Generic ESP32S3 module with ESP32S3"
CHIP = "ESP32S3"
FAMILY = "esp32"
CLOCK_HZ = 240000000

CONTACTOR = 21
FEEDBACK = 14
RCD = 13
SERVICE = 12

MAINS = "i2s"
I2S_ID = 0
I2S_SCK = 15
I2S_WS = 16
I2S_SD = 17

PILOT_HIGH_ADC = 1
PILOT_LOW_ADC = 2
PILOT_PWM = 10
PILOT_ENABLE = 11
PILOT_LOW_MV = -15000
PILOT_SPAN_MV = 31000

RS485_UART = 1
RS485_TX = 5
RS485_RX = 6
RS485_DE = -1
RS485_PARITY = 0
RS485_STOP = 1

HOST_UART = 2
HOST_TX = 7
HOST_RX = 8
HOST_BAUD = 115200

WATCHDOG_MAX_MS = 60000
ENTROPY = "the chip's generator, which is a true one only while Wi-Fi or Bluetooth runs"
KEYS_ON_DEVICE = False
