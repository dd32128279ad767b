"""Spec data as the text of a file."""

from __future__ import annotations

from seccfg.targetapi.escape import yaml_scalar

__all__ = ["spec_text"]


def spec_text(data: object) -> bytes:
    """Spec data as a YAML file: block style, every text quoted."""
    return ("\n".join(_block(data, 0)) + "\n").encode()


def _block(value: object, indent: int) -> list[str]:
    pad = "  " * indent
    if isinstance(value, dict) and value:
        lines: list[str] = []
        for key, inner in value.items():
            lines += _item(f"{pad}{yaml_scalar(key)}:", inner, indent)
        return lines
    if isinstance(value, list | tuple) and value:
        lines = []
        for inner in value:
            lines += _item(f"{pad}-", inner, indent)
        return lines
    return [f"{pad}{'{}' if isinstance(value, dict) else '[]'}"]


def _item(head: str, value: object, indent: int) -> list[str]:
    if isinstance(value, dict | list | tuple):
        return [head, *_block(value, indent + 1)] if value else [f"{head} {'{}' if isinstance(value, dict) else '[]'}"]
    if not isinstance(value, str | int | float) and value is not None:
        raise TypeError(f"{type(value).__name__} in a spec")
    return [f"{head} {yaml_scalar(value)}"]
