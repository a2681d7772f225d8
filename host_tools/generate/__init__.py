"""Generator of every committed file that follows from a table: `python -m host_tools.generate --write | --check`."""
