"""How long an ISO 15118-2 session takes to reach its first charging loop, from what has to be worked out and sent."""
