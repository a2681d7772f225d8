"""Host link: frames, reliable records and the message table. docs/link-protocol.md is the contract."""
