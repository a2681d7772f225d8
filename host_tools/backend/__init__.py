"""What stands behind the host for a charging session: the service that provides cars with contracts."""
