"""A scripted vehicle: its ISO 15118 messages, scripts of what it says, and its player in virtual time."""
