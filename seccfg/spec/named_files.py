"""The files a spec names that a build reads. Light: lint asks whether they are there."""

from __future__ import annotations

from seccfg.findings import SpecPath
from seccfg.record import Record
from seccfg.spec import loader

__all__ = ["FILE_RULE", "Reference", "methods_of", "referenced_files"]

FILE_RULE = "REF020"
"""Rule id of a file the spec names that is missing or does not hold what it should; its page is in `seccfg.resolve.rules`."""


class Reference(Record):
    """A file the spec names; `what` is said in messages."""

    at: SpecPath
    path: str
    what: str


def referenced_files(spec: loader.Spec) -> tuple[Reference, ...]:
    """Every file the spec names that a build reads: key sets, key records, certificate authorities, body schemas."""
    found: list[Reference] = []
    for name, method in (spec.auth or {}).items():
        at: SpecPath = ("auth", name)
        match method:
            case loader.Oidc() | loader.Jwt():
                if method.jwks is not None and method.jwks.file is not None:
                    found.append(Reference((*at, "jwks", "file"), method.jwks.file, "key set"))
            case loader.ApiKey():
                if method.keys.file is not None:
                    found.append(Reference((*at, "keys", "file"), method.keys.file, "key records"))
            case loader.Mtls():
                if method.ca.file is not None:
                    found.append(Reference((*at, "ca", "file"), method.ca.file, "certificate authority"))
            case _:
                pass
    for template, item in spec.routes.items():
        for keys, at in ((item, ("routes", template)), *((r, ("routes", template, m)) for m, r in methods_of(item))):
            if keys.body is not None and isinstance(keys.body.schema_, str):
                found.append(Reference((*at, "body", "schema"), keys.body.schema_, "body schema"))
    return tuple(found)


def methods_of(item: loader.PathItem) -> tuple[tuple[str, loader.Route], ...]:
    """(key, route) of each method declared on a path."""
    listed = (
        ("get", item.get),
        ("head", item.head),
        ("post", item.post),
        ("put", item.put),
        ("patch", item.patch),
        ("delete", item.delete),
        ("options", item.options),
    )
    return tuple((name, route) for name, route in listed if route is not None)
