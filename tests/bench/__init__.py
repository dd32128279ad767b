"""Figures: each a ratio to a baseline of the same run. `make bench` prints them; nothing here is asserted."""
