"""What a person with a cable does to a board: interpreter, firmware, identity, parameters and keys."""
