"""Where batches are worked: in this process, or on Ray."""
