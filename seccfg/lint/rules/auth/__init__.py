"""Rules on how a request proves who it is."""
