"""Records from MQTT to batches of one shard: checked, each counted once, in order of their sequence."""
