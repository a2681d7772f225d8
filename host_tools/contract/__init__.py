"""The MQTT contract that its two sides share: topics, payload schemas, commands, presence, deduplication."""
