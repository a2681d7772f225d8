"""What survives: state and sequence of every controller in one transaction, history, export."""
