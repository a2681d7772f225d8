"""Releases of the firmware: keys, signed manifests, deltas."""
