"""Specs made from other descriptions of an API, key sets pinned from their issuers: text in, text out."""
