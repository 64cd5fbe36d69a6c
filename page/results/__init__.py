"""What was measured of the networks, read from the folder of weights."""
