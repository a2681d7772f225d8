"""MQTT 5 client and the embedded broker: address and keys, session with what the broker grants, subscriber."""
