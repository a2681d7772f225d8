"""What a fleet can do and should do: headroom, regulation, dispatch; pure."""
