"""The readable runtime that targets put beside a generated policy module, and what prints such a module.

No target itself. `runtime/` holds sources that are copied as they stand; `sources` says which of them make up which package.
"""
