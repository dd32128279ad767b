"""The language server: what lint and the language know, while somebody types."""
