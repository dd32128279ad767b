"""Rules on answers, and on who answers for the service."""
