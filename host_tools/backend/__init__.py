"""The backend of a charging session: the service that provides vehicles with contracts."""
