"""The type test: a controller put through a profile's procedure, and a report as a test house writes it."""
