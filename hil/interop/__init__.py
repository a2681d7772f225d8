"""A real EVCC against a charger: the ISO 15118 peer's, in a network namespace of its own, timed by the message."""
