"""seccfg: one security spec for an API, linted, compiled for every place that enforces it, reviewed as access."""

__version__ = "0.1.0"
