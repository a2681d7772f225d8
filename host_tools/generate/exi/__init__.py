"""Generator of the device's EXI tables from the schemas of ISO 15118."""
