"""A board's connector: what it measures and what it drives, as places in two arrays of integers below 2**30 in size.

levels, filled by the board before each control step:

    HIGH_MV, LOW_MV    highest and lowest level of the control pilot since the last step, equal where it is steady
    CLOSED             1 while the contactor's auxiliary contact says that it is closed
    RCD                1 while the residual current device has tripped
    DC_MV, DC_MA       voltage and current (positive into the vehicle) at a DC connector, 0 at an AC one
    ISOLATION_KOHM     result of the isolation measurement, 0 while there is none

orders, taken by the board after each control step; the contactor's own is Controller.energise:

    DUTY_PERMILLE      duty of the pilot; 0 is -12 V (state F), 1000 +12 V, PILOT_OFF no drive at all (state E)
    DC_MODE            one of the modes below
    SET_MV, SET_MA     most voltage and current of a DC connector
"""

HIGH_MV = 0
LOW_MV = 1
CLOSED = 2
RCD = 3
DC_MV = 4
DC_MA = 5
ISOLATION_KOHM = 6
LEVELS = 7

DUTY_PERMILLE = 0
DC_MODE = 1
SET_MV = 2
SET_MA = 3
ORDERS = 4

PILOT_OFF = -1

DC_OFF = 0
DC_CHECK = 1  # hold the voltage and measure the isolation
DC_PRECHARGE = 2
DC_SUPPLY = 3
