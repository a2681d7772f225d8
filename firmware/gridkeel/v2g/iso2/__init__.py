"""ISO 15118-2: its state table, one file for each phase of a session, and what its messages carry."""
