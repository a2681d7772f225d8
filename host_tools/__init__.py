"""Host side of Gridkeel: link, MQTT contract, uplink, monitor, operator, image builder, generators."""
