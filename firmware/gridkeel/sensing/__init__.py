"""Mains sensing: frequency, ROCOF, voltage and their quality, from blocks of int16 samples. See docs/sensing.md."""
