"""Schemas as packed tables, one bytes object each; made by `python -m host_tools.exi --write`."""
