"""The `gridkeel` command: boards, uplink, monitor, broker and bench from the host's side."""
