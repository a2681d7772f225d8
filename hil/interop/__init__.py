"""A real car against a charger: the ISO 15118 peer's EVCC in a network namespace of its own, timed by the message."""
