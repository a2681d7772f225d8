"""Drivers: how a rig's resources are reached, in virtual time or in real time."""
