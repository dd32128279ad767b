"""Patterns of invariants."""

from __future__ import annotations

import pytest

from seccfg.spec.patterns import route_pattern


@pytest.mark.parametrize(
    ("pattern", "method", "template", "matches"),
    [
        ("* /orders/**", "GET", "/orders", True),
        ("* /orders/**", "GET", "/orders/{id}", True),
        ("* /orders/**", "GET", "/orders/{id}/x", True),
        ("* /orders/**", "GET", "/order", False),
        ("* /orders/**", "GET", "/ordersx", False),
        ("DELETE /**", "DELETE", "/a/b", True),
        ("DELETE /**", "DELETE", "/", True),
        ("DELETE /**", "GET", "/a", False),
        ("GET /a/*", "GET", "/a/{id}", True),
        ("GET /a/*", "GET", "/a", False),
        ("GET /a/*", "GET", "/a/b/c", False),
        ("GET /a/*/c", "GET", "/a/{b}/c", True),
        ("GET /a/b", "GET", "/a/{id}", False),
        ("* /", "GET", "/", True),
    ],
)
def test_patterns(pattern: str, method: str, template: str, matches: bool) -> None:
    """`*` is one segment, `/**` the path itself and everything below, methods are compared exactly."""
    assert route_pattern(pattern).matches(method, template) is matches
