"""A live view of all controllers on a broker."""
