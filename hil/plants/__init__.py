"""Models of what surrounds the controller: the mains, the grid behind it, the inverter and its battery."""
