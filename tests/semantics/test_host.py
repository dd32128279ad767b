"""Step 2: `Host` without port, in ASCII lower case, is one of `service.hosts`."""

from __future__ import annotations

import pytest

from seccfg.semantics import decide


@pytest.mark.parametrize("host", ["api.example.com", "API.Example.Com", "api.example.com:8443", "mesh.example.com"])
def test_own_hosts_are_served(kit, host):
    """Compared without port and in lower case."""
    assert decide(kit.policy(kit.route()), kit.request("GET", "/orders", kit.bearer(), host=host)).allowed


@pytest.mark.parametrize("host", [
    "evil.example", "api.example.com.", "api.example.com:x", "", "xapi.example.com", "\u212Aapi.example.com",
])  # fmt: skip
def test_other_hosts_are_404(kit, host):
    """Any other host is 404 `wrong_host`."""
    request = kit.request("GET", "/orders", kit.bearer(), host=host)
    assert kit.status(kit.policy(kit.route()), request) == (404, "wrong_host")


def test_two_hosts_in_one_line_are_400(kit):
    """A server may have joined two lines; no host name has a comma."""
    request = kit.request("GET", "/orders", kit.bearer(), host="api.example.com, api.example.com")
    assert kit.status(kit.policy(kit.route()), request) == (400, "malformed")


def test_a_missing_host_is_400(kit):
    """Missing: 400."""
    decision = decide(kit.policy(kit.route()), kit.request("GET", "/orders", kit.bearer(), host=None))
    assert (decision.status, decision.reason, decision.step) == (400, "malformed", "host")
