"""Questions about who may do what: can a condition hold, are two the same, show me a request that proves it."""
