"""From the controllers' links to an MQTT broker: intake, disk-backed queue, publisher, commands."""
