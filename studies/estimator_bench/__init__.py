"""The estimator bench: every IEC/IEEE 60255-118-1 test, and worse mains, on the firmware's own Estimator."""
