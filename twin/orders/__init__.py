"""Commands to controllers: regulation, plan, departure, set-point; each with a lifetime."""
