"""Gridkeel: the edge controller of an EV charger, from mains samples to an inverter command."""

VERSION = "0.1.0"
