"""One file a command; each reads its options, calls the library and prints."""
