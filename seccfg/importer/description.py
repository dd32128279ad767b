"""An OpenAPI description: its data, where everything in it stands, and what its local references mean."""

from __future__ import annotations

import os
import re
from typing import TypeAlias
from urllib.parse import unquote

from seccfg.findings import InputError, SpecPath
from seccfg.source.document import Data, DataMap, Document
from seccfg.source.files import show
from seccfg.source.yaml import load_foreign

__all__ = ["Description", "NotCarried", "one_line", "quoted"]

Node: TypeAlias = tuple[Data, SpecPath]
"""A value of the description and where it stands."""

_MAX_HOPS = 50
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]+")


class NotCarried(Exception):
    """Something that has no equal in a spec: why, what to do about it, and where the description says it."""

    def __init__(self, reason: str, edit: str, at: SpecPath) -> None:
        super().__init__(reason)
        self.reason = reason
        self.edit = edit
        self.at = at


class Description:
    """
    An OpenAPI document, version 3.0 or 3.1.

    Raises:
        SourceError: the text is no YAML or JSON document.
        InputError: it is, and no OpenAPI description of these versions.
    """

    def __init__(self, data: bytes, path: str) -> None:
        self.document: Document = load_foreign(data, _reader_name(data, path))
        self.path = path
        self.data: DataMap = self.document.data
        version = self.data.get("openapi")
        text = str(version) if isinstance(version, str | float | int) else ""
        if "swagger" in self.data and not text:
            raise InputError(f"{show(path)}: a Swagger 2.0 description; convert it to OpenAPI 3 first")
        if not re.match(r"3\.[01](?:\.|\Z)", text):
            found = f"`openapi: {show(text[:20])}`" if text else "no `openapi:` at the top"
            raise InputError(f"{show(path)}: {found}; OpenAPI 3.0 and 3.1 can be read")
        self.is_30 = text.startswith("3.0")
        if not isinstance(self.data.get("paths", {}), dict):
            raise InputError(f"{show(path)}: `paths` is no map")

    def line(self, at: SpecPath) -> int:
        """The line *at* stands in, counted from 1."""
        return self.document.span(at, key=True).line

    def place(self, at: SpecPath) -> str:
        """`openapi.yaml:12`."""
        return f"{show(self.path)}:{self.line(at)}"

    def map(self, *at: str) -> DataMap:
        """The map at *at*; empty when there is none."""
        value: Data = self.data
        for step in at:
            value = value.get(step) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    def follow(self, value: Data, at: SpecPath) -> Node:
        """*value*, or what it refers to, through any number of local references."""
        for _ in range(_MAX_HOPS):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str):
                return value, at
            value, at = self.target(reference, (*at, "$ref"))
        raise NotCarried("its references go round in a circle", "break the circle in the description", at)

    def target(self, reference: str, at: SpecPath) -> Node:
        """What the text of a `$ref` at *at* names in this document."""
        if not reference.startswith("#"):
            raise NotCarried(
                f"it refers to another document, {quoted(reference)}", "bundle the description into one file", at
            )
        value: Data = self.data
        path: list[str | int] = []
        tokens = unquote(reference[1:]).split("/")
        if tokens[0] or len(tokens) > 64:
            raise NotCarried(f"{quoted(reference)} is no JSON pointer", "write `#/components/…`", at)
        for token in tokens[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict) and key in value:
                value = value[key]
                path.append(key)
            elif isinstance(value, list) and key.isdecimal() and key.isascii() and int(key[:9]) < len(value):
                value = value[int(key[:9])]
                path.append(int(key[:9]))
            else:
                raise NotCarried(f"{quoted(reference)} names nothing", "correct the reference", at)
        return value, tuple(path)


def _reader_name(data: bytes, path: str) -> str:
    """The name the reader chooses JSON or YAML by: descriptions without a telling name are told by their first byte."""
    extension = os.path.splitext(path)[1].lower()
    if extension == ".json":
        return path if path.endswith(".json") else f"{path}.json"
    return f"{path}.json" if extension not in (".yaml", ".yml") and data.lstrip()[:1] == b"{" else path


def one_line(text: str, longest: int = 200) -> str:
    """A text of the description as one printable line."""
    plain = " ".join(_HIDDEN.sub(" ", text).split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def quoted(text: str) -> str:
    """A name of the description for a message."""
    return f"`{one_line(text, 80).replace('`', chr(39))}`"
