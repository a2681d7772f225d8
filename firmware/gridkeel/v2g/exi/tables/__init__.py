"""Schemas as packed tables, one bytes object each; made by `make generate`."""
