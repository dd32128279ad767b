"""One rule to a file; `python -m seccfg.lint.generate` lists them."""
