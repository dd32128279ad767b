"""Specs written in Python."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from seccfg.models import Spec
from seccfg.spec import loader
from seccfg.spec.models.auth import Jwks, Oidc
from seccfg.spec.models.limits import RateLimit
from seccfg.spec.models.routes import Defaults, Grant, PathItem, Route
from seccfg.spec.models.service import Service, Upstream


def notes() -> Spec:
    return Spec(
        seccfg=1,
        service=Service(name="notes", hosts=("notes.example.com",)),
        upstreams={"main": Upstream(url="http://127.0.0.1:8000")},
        auth={
            "users": Oidc(
                type="oidc", issuer="https://id.example.com/", audiences=("notes",), algorithms=("RS256",),
                jwks=Jwks(file="keys/users.json"),
            )
        },
        rate_limits={"per-ip": RateLimit(limit=100, window="15m", by="ip")},
        defaults=Defaults(auth=("users",), rate_limits=("per-ip",)),
        routes={
            "/health": PathItem(get=Route(public=True, reason="load balancer probe")),
            "/notes": PathItem(get=Route(allow="authenticated"), post=Route(allow=(Grant(scopes=("notes.write",)),))),
        },
    )  # fmt: skip


def test_a_spec_written_in_python_is_the_one_written_in_yaml(language: Any) -> None:
    """`to_yaml` gives a file that loads, with what was written and nothing else."""
    document = language.read(notes().to_yaml())
    assert document.data == language.minimal
    assert loader.load(document) == loader.load(language.document(language.minimal))


def test_the_example_survives_the_way_through_the_models(language: Any) -> None:
    """Reading the full example into models and writing it again loses and changes nothing."""
    import json

    spec = Spec.model_validate_json(json.dumps(language.example))
    assert language.read(spec.to_yaml()).data == language.example


def test_models_check_between_parts_too() -> None:
    """A wrong reference is refused when the spec is made, with the path, the message and the rule."""
    good = notes()
    with pytest.raises(ValidationError, match=r"defaults\.auth\[0\]: unknown auth method `user`.*\[REF001\]"):
        Spec(
            seccfg=1, service=good.service, upstreams=good.upstreams, auth=good.auth, routes=good.routes,
            rate_limits=good.rate_limits, defaults=Defaults(auth=("user",)),
        )  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: Upstream(url="https://a.example.com/path"),
        lambda: Upstream(url="https://a.example.com", timeout="ten"),
        lambda: RateLimit(limit=True, window="1m", by="ip"),
        lambda: RateLimit(limit="5", window="1m", by="ip"),  # type: ignore[arg-type]
        lambda: Grant(),
        lambda: Grant(roles=()),
        lambda: Upstream(url="https://a.example.com", timeout=None),  # type: ignore[arg-type]
        lambda: Upstream(url="https://a.example.com", retries=3),  # type: ignore[call-arg]
    ],
)
def test_models_are_strict(make: Any) -> None:
    """Nothing is converted, nothing unknown is dropped, nothing empty is taken."""
    with pytest.raises(ValidationError):
        make()


def test_models_are_frozen() -> None:
    """A spec that was checked stays as it was checked."""
    with pytest.raises(ValidationError):
        notes().service.name = "other"
