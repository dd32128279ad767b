"""Rules on how much."""
