"""Boundary requests: for each route and each way in, the requests on both sides of every line the Policy draws."""
