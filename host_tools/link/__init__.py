"""The host's end of the controllers' serial link: docs/link-protocol.md is the contract."""
