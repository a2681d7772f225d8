"""From the controllers' links to an MQTT broker: events, dispatcher, intake, disk-backed queue, publisher, commands."""
