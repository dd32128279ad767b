"""What a target is, and what every target needs: see `base`."""
