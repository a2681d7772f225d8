"""The requirements of each source, one file a source, in hertz, seconds and shares as the source gives them."""
