"""The connector towards the vehicle: control pilot, contactor, what is offered, and what a session may ask."""

WAITING = 0
GRANTED = 1
REFUSED = 2
ACCESS = ("waiting", "granted", "refused")

# Modes of parameter `evse`.
FIXED = 0
BASIC = 1
ISO15118 = 2

AC = 0
DC = 1
