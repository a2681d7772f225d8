"""Numbers of the messages and of the answers, apart from the rows, which only a host needs in full."""

RESULTS = ("ok", "unknown", "out_of_range", "refused", "expired")
MODES = ("safe", "auto")

TELEMETRY = 1
EVENT = 2
RESULT = 3
PARAMETER = 4
HANDSHAKE = 8
V2G = 9
SETPOINT = 16
PARAM_SET = 17
PARAM_GET = 18
MODE = 19
REGULATE = 20
DEMAND = 21
PLAN = 22
PLAN_PRICES = 23
DEPARTURE = 24
TIME = 25
ACCESS = 26
