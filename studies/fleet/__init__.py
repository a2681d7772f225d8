"""Many controllers on one grid: the firmware's services over arrays, and what such a fleet does to a frequency."""
