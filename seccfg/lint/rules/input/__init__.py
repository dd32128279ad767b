"""Rules on what a request may hold."""
