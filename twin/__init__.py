"""The cloud twin: an MQTT peer of the uplink that estimates every battery, plans, and sends set-points back."""
