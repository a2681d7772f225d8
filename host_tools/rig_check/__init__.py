"""What a person with a real board runs: its parts in order, each judged, ending in the safe state."""
