"""What is known of each battery: state of charge, temperature, resistance and capacity, with intervals; pure."""
