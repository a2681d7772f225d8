"""MQTT 5 client and the embedded broker: address and keys, session with the limits a broker sets, subscriber."""
