"""Report: who may do what, what each target enforces, what lint found, and what of it is evidence for which control."""
