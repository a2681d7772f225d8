"""Hardware in the loop: plants, rigs, drivers, scenarios and the report. A real board and a virtual one are the same here."""
