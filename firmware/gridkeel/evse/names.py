"""Names of the connector's states in telemetry; the numbers are pilot.py's, contactor.py's and pwm.py's."""

PILOT = ("none", "A", "B", "C", "D", "E", "F")
CONTACTOR = ("open", "closing", "closed", "opening", "welded", "stuck")
PWM = ("none", "digital", "step", "basic", "out")

SOURCES = ("none", "inverter", "vehicle")  # who states a value of the battery
