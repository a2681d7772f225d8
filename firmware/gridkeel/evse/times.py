"""Times of the connector in ms, with where each comes from.

What the standards bound from above is kept with room for a block of samples (20 ms at most) and a contactor's own
time: a pilot that leaves C or D opens the contactor within 100 ms of the level's change.
"""

# own: how long a level must last to count
DEBOUNCE_MS = 30
# own: a negative half wave that is not there must be missing so long; a new duty takes a block to be measured
DIODE_MS = 100
# own: from the order to the auxiliary contact, either way; contactors of 32 to 500 A need 20 to 60
CONTACTOR_MS = 200
# IEC 61851-1, Annex A: after the PWM stops a vehicle has 3 s to end its current; from 6 s on it may be cut under load
STOP_BASIC_MS = 6000
# own: a session that withdraws its consent has informed the vehicle before
STOP_SESSION_MS = 3000
# ISO 15118-3: steady state X1 between the 5 % duty and a nominal one (T_step_X1)
STEP_X1_MS = 3000
# own: shortest pause before basic charging begins again, so that a vehicle is not switched at every swing of the mains;
# it doubles each time basic charging was ended within PAUSE_MAX_MS
PAUSE_MS = 10000
PAUSE_MAX_MS = 320000
# own: wait between a second failed attempt at a session and the next; doubles with each failure, to 192 s
RETRY_MS = 6000
RETRY_DOUBLINGS = 5
# own: how long a contactor that was opened twice must be wanted before it closes again; it doubles with every opening
# more, and is halved again by every CALM_MS since the last
REST_MS = 1000
CALM_MS = 120000
# own: a plug that bounces is in again sooner, another vehicle is not
REPLUG_MS = 3000
# own: how long the isolation voltage must hold before the measurement counts
ISOLATION_MS = 1000
