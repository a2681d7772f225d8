"""Scenario files, and what reads them."""
