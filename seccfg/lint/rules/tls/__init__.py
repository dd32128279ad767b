"""Rules on transport."""
