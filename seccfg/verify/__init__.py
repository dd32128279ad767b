"""Boundary requests from a Policy, run on every engine and compared with the reference."""
