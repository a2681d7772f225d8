"""Grid codes, and droop and trip profiles that stand alone: one file a source, data only."""
