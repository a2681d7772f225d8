"""Grid services, one a file: each turns an estimate or a request into a wish; none knows of another."""
