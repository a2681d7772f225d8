"""Hardware in the loop: plants, rigs, drivers, scenarios and report, for real boards and virtual ones alike."""
