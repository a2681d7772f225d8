"""Mains sensing: frequency, rate of change, voltage and their quality, from blocks of int16 samples. See docs/sensing.md."""
