"""Step 8: the body's size and type."""

from __future__ import annotations

import pytest

from seccfg.ir.policy import BodyLimit
from seccfg.semantics import decide

JSON = ("Content-Type", "application/json")


def policy(kit, types=("application/json", "text/plain")):
    return kit.policy(kit.route("POST", body=BodyLimit(10, types)))


def post(kit, *headers, body=b"", **changes):
    return kit.request("POST", "/orders", kit.bearer(), *headers, body=body, **changes)


@pytest.mark.parametrize("size, status", [(0, 200), (1, 200), (10, 200), (11, 413), (5000, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_the_limit_is_inclusive(kit, size, status, chunked):
    """Declared length above the limit, or, while read, real length: 413."""
    request = post(kit, JSON, body=b"1" * size, chunked=chunked)
    assert decide(policy(kit), request).status == status


def test_the_declared_length_is_enough(kit):
    """The declared length is judged before anything is read."""
    decision = decide(policy(kit), post(kit, JSON, ("Content-Length", "11"), body=b"{}"))
    assert (decision.status, decision.reason) == (413, "body_too_large")


@pytest.mark.parametrize("value, status", [
    ("application/json", 200), ("Application/JSON; charset=utf-8", 200), ("text/plain ;x=y", 200), ("text/html", 415),
    ("application/json2", 415), ("", 415), ("application/json, text/html", 415),
])  # fmt: skip
def test_the_media_type_must_be_listed(kit, value, status):
    """Present and its media type (case-insensitive, without parameters) not listed: 415."""
    assert decide(policy(kit), post(kit, ("Content-Type", value), body=b"1")).status == status


def test_a_missing_or_repeated_type_is_415(kit):
    """Present and its media type missing: 415; two lines name no type."""
    assert kit.status(policy(kit), post(kit, body=b"1")) == (415, "media_type")
    assert kit.status(policy(kit), post(kit, JSON, JSON, body=b"1")) == (415, "media_type")


def test_no_body_needs_no_type(kit):
    """A request without body has no type to be wrong."""
    assert decide(policy(kit), post(kit)).allowed
    assert decide(policy(kit), post(kit, ("Content-Length", "0"))).allowed


def test_a_chunked_body_is_present_however_short(kit):
    """The type is judged before the body is read."""
    assert kit.status(policy(kit), post(kit, chunked=True)) == (415, "media_type")


def test_declared_length_then_type_then_real_length(kit):
    """The order within the step."""
    wrong = ("Content-Type", "text/html")
    assert decide(policy(kit), post(kit, wrong, body=b"1" * 11)).status == 413
    assert decide(policy(kit), post(kit, wrong, body=b"1" * 11, chunked=True)).status == 415
    assert decide(policy(kit), post(kit, JSON, body=b"1" * 11, chunked=True)).status == 413


@pytest.mark.parametrize("length", ["1", "3"])
def test_a_body_of_another_length_than_declared_is_malformed(kit, length):
    """A body that ends early or late is ambiguous."""
    assert kit.status(policy(kit), post(kit, JSON, ("Content-Length", length), body=b"{}")) == (400, "malformed")


def test_size_comes_before_authentication(kit):
    """Step 8 comes before step 10."""
    assert decide(policy(kit), kit.request("POST", "/orders", JSON, body=b"1" * 11)).status == 413
