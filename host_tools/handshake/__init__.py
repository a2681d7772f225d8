"""Model of the time that an ISO 15118-2 session takes to its first charging loop, from its work and its bytes."""
