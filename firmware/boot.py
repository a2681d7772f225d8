"""Runs first on the board: nothing here can fail, so the console is always reachable."""
