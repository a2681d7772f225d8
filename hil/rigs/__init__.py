"""Rigs: a board with its plants and its host, put together from a rig file, and the loop that moves them all."""
