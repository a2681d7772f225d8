"""ECDSA on P-256 and what X.509 needs of it, in slices that the control loop can live with."""
