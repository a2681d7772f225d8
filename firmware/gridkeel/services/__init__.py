"""Grid services, one a file: each turns an estimate or a request into a requested power; none knows of another."""
