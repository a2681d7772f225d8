"""Values that a phase yields: None while it computes and wants to go on at once, WAIT while it waits for others."""

WAIT = 1
