"""Spec -> Policy: inheritance, defaults and names resolved; what is implicit in the Spec made explicit."""
