"""Studies: questions about fleets and feeders, answered with the firmware's own functions."""
