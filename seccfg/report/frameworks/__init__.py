"""Mappings that come with the package: one file for each edition of a framework."""
