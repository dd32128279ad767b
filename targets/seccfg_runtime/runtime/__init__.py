"""The enforcing part of the package: one module a concern, `guard.py` puts them in order."""
