"""The language: its models and scalars, the checks between its parts, and the loader compiled from them."""
