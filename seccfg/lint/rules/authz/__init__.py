"""Rules on what may be done."""
