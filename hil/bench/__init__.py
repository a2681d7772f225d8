"""The bench: a scenario played through a controller on a rig, and what was measured while it ran."""
