"""What the tests of the importer share: descriptions in few words, and imported specs that can be asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from seccfg import api
from seccfg.analyse.credentials import Persona
from seccfg.analyse.exchange import KeyRing, exchange
from seccfg.analyse.requests import NOW_S, RequestMaker
from seccfg.importer.openapi import import_openapi
from seccfg.importer.outcome import Imported
from seccfg.ir.policy import Policy
from seccfg.ir.request import Decision, Request
from seccfg.resolve.policy import resolve
from seccfg.semantics.decide import decide
from seccfg.source.document import Document
from seccfg.source.yaml import load
from seccfg.spec import loader
from seccfg.spec.named_files import referenced_files

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).resolve().parents[2]

SCHEMES = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "other": {"type": "apiKey", "in": "header", "name": "X-Other"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "oauth": {
        "type": "oauth2",
        "flows": {
            "clientCredentials": {"tokenUrl": "https://id.example.com/token", "scopes": {"a": "", "b": ""}},
        },
    },
    "basic": {"type": "http", "scheme": "basic"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "implicit": {
        "type": "oauth2",
        "flows": {"implicit": {"authorizationUrl": "https://id.example.com/authorize", "scopes": {"a": ""}}},
    },
    "cert": {"type": "mutualTLS"},
    "oidc": {
        "type": "openIdConnect",
        "openIdConnectUrl": "https://id.example.com/.well-known/openid-configuration",
    },
}
"""Security schemes by name; the first four and the last two are carried over."""


def file_for(what: str) -> bytes:
    """Content for a file an imported spec names and nobody has yet."""
    if what == "key records":
        return json.dumps([{"id": "k1", "sha256": "0" * 64, "subject": "somebody"}]).encode()
    if what == "key set":
        return (ROOT / "examples" / "minimal" / "keys" / "users.json").read_bytes()
    return (ROOT / "examples" / "orders" / "keys" / "mesh-ca.pem").read_bytes()


@dataclass
class Asked:
    """An imported spec, its Policy with exchanged keys, and a way to ask it."""

    imported: Imported
    document: Document
    spec: loader.Spec
    policy: Policy
    ring: KeyRing

    def decide(
        self, method: str, path: str, credentials: Mapping[str, tuple[str, ...]] | None = None, *,
        body: bytes = b"", headers: tuple[tuple[str, str], ...] = (),
    ) -> Decision:  # fmt: skip
        """What is decided for a request with a credential of each named auth method, with these scopes."""
        lines = (("Host", self.policy.hosts[0]), *headers)
        base = self.spec.service.base_path or ""
        request = Request(method.upper(), base + path, lines, body, False, "https", "198.51.100.7", "", NOW_S)
        personas = tuple(
            Persona(name, scopes=scopes, record="k1" if name in self.ring.key_texts else "")
            for name, scopes in (credentials or {}).items()
        )
        return decide(self.ring.decide, RequestMaker(self.ring).made_by(request, personas))

    def note(self, part: str) -> str:
        """The one note that says *part*."""
        (found,) = [note.message for note in self.imported.notes if part in note.message]
        return found


def ask(imported: Imported) -> Asked:
    """*imported* with every file it names, loaded and resolved."""
    document = load(imported.spec.encode(), "seccfg.yaml")
    spec = loader.load(document)
    written = dict(imported.files)
    files = {r.path: written.get(r.path) or file_for(r.what) for r in referenced_files(spec)}
    policy = resolve(spec, files, api.source_map(document), "")
    return Asked(imported, document, spec, policy, exchange(policy, NOW_S))


def read(description: object, path: str = "openapi.yaml") -> Imported:
    text = description if isinstance(description, str) else yaml.safe_dump(description, sort_keys=False)
    return import_openapi(text.encode(), path)


def describe(paths: Mapping[str, object], **more: object) -> dict[str, object]:
    """A small description with every scheme."""
    components = {"securitySchemes": SCHEMES, **dict(more.pop("components", {}))}  # type: ignore[call-overload]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "servers": [{"url": "https://api.example.com"}],
        "paths": paths,
        "components": components,
        **more,
    }


@pytest.fixture(name="describe")
def describe_fixture() -> Callable[..., dict[str, object]]:
    return describe


@pytest.fixture(name="read")
def read_fixture() -> Callable[..., Imported]:
    return read


@pytest.fixture(name="ask")
def ask_fixture() -> Callable[[object], Asked]:
    """`ask(description)`: import it, and answer requests."""
    return lambda description: ask(description if isinstance(description, Imported) else read(description))


@pytest.fixture
def data() -> Path:
    return DATA


@pytest.fixture(name="file_for")
def file_for_fixture() -> Callable[[str], bytes]:
    return file_for
