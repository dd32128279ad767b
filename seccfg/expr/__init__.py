"""The condition language: a strict, typed, total subset of CEL with three-valued logic.

Read in this order: `types` and `ast` (what a condition is), `lexer` and `parser` (text to tree), `check` (types),
`evaluate` (what a condition means), `canonical` (printing and identity), `lower` (the two-valued forms every backend
prints), `to_python` (one such backend), `mcdc` (values that show each comparison at work).

Nothing is re-exported here: `seccfg lint` needs the first five only.
"""
