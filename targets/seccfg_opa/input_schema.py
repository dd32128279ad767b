"""The canonical input as JSON Schema: what every PEP sends, whatever it speaks itself."""

from __future__ import annotations

__all__ = ["input_schema"]


def input_schema(service: str) -> dict[str, object]:
    """JSON Schema (draft 7, which `opa check --schema` reads) of `input`."""
    text = {"type": "string"}
    body = {
        "type": "object",
        "description": "`length` counts the bytes read; `text` is the body, read as Latin-1 when `utf8` is false.",
        "properties": {
            "length": {"type": "integer", "minimum": 0},
            "chunked": {"type": "boolean", "description": "It came without a declared length."},
            "text": text,
            "utf8": {"type": "boolean"},
        },
        "required": ["length", "chunked", "text", "utf8"],
        "additionalProperties": False,
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"What {service} asks OPA",
        "type": "object",
        "properties": {
            "method": {**text, "description": "Request method, as sent."},
            "target": {**text, "description": "Raw request target of the request line; bytes above 0x7F as Latin-1."},
            "scheme": {"enum": ["http", "https"], "description": "Of the connection itself."},
            "peer": {**text, "description": "Address of the connection's other end."},
            "headers": {
                "type": "object",
                "description": "Every line, in order, under its name in lower case; `host` included.",
                "additionalProperties": {"type": "array", "items": text},
            },
            "body": body,
            "certificate": {**text, "description": "PEM of the client certificate the handshake carried, chain after it."},
            "verified": {
                "type": "object",
                "description": "With `tokens: pep`: auth method to the claims of the token verified for it.",
                "additionalProperties": {"type": "object"},
            },
            "resource": {"type": "object", "description": "Attributes only the service itself knows, when it asks."},
        },
        "required": ["method", "target", "scheme", "peer", "headers", "body"],
        "additionalProperties": False,
    }
