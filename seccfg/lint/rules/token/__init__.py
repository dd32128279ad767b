"""Rules on tokens and sessions."""
