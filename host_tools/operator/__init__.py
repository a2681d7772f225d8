"""An operator at the broker: one command to one controller and its answer, or a retired controller's removal."""
