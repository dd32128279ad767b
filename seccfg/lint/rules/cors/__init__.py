"""Rules on pages of other origins."""
