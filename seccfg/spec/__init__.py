"""The language: its models, the scalars it is made of, the checks between its parts, and the loader compiled from them."""
