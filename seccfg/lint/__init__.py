"""Lint: rules that read a Spec, the engine that runs those that can fire, and what silences a finding."""
