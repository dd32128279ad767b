"""The condition language: a strict, typed, total subset of CEL with three-valued logic.

Read in this order: `types` and `ast` (what a condition is), `lexer` and `parser` (text to tree), `check` (types),
`evaluate` (what a condition means), `normal` (printing and identity), `lower` (the two-valued forms every backend prints).
"""
