"""What the package's README says of a plan: who may do what, what is not done, which settings there are."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.ir.policy import Evidence
from seccfg.record import Record
from seccfg.targetapi.base import Gap
from seccfg.targetapi.escape import markdown_code, markdown_text
from seccfg.targetapi.templates import Code
from seccfg_python.plan import PythonPlan
from seccfg_runtime.runtime import model
from seccfg_runtime.runtime.settings import setting_names

__all__ = ["readme_values"]


class _Row(Record):
    request: Code
    who: Code
    limits: Code


class _GapRow(Record):
    place: Code
    why: Code
    bound: Code


class _Named(Record):
    name: Code
    text: Code


def readme_values(plan: PythonPlan, gaps: Sequence[Gap]) -> dict[str, object]:
    """The values `README.md.j2` prints."""
    policy = plan.policy
    return {
        "title": plan.evidence.title or policy.name,
        "service": policy.name,
        "package": Code(plan.package),
        "facts": tuple(Code(f"{word}: {markdown_text(text)}") for word, text in _facts(plan.evidence)),
        "usage": Code(_ASGI if plan.framework == "asgi" else _WSGI).replace("PACKAGE", plan.package),
        "routes": tuple(_row(route) for route in policy.routes),
        "reasons": tuple(_Named(Code(markdown_code(route)), Code(markdown_text(why))) for route, why in plan.evidence.reasons),
        "conditions": tuple(
            _Named(Code(markdown_code(c.condition.name)), Code(markdown_code(c.condition.text))) for c in plan.conditions
        ),
        "gaps": tuple(_gap(gap, plan.evidence) for gap in gaps),
        "tls_version": "1.3" if policy.tls.ciphers == "modern" else policy.tls.min_version,
        "ciphers": Code(_ciphers(policy.tls)),
        "settings": tuple(_setting(plan, name) for name in setting_names(policy, f"{plan.package.upper()}_")),
    }  # fmt: skip


def _facts(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    every = (
        ("Owner", evidence.owner), ("Report a vulnerability to", evidence.contact), ("Data", ", ".join(evidence.data)),
        ("Compliance", ", ".join(evidence.compliance)),
    )  # fmt: skip
    return tuple((word, text) for word, text in every if text)


def _row(route: model.Route) -> _Row:
    limits = ", ".join(markdown_code(limit.name) for limit in route.limits) or "none"
    return _Row(Code(markdown_code(route.id)), Code(_who(route)), Code(limits))


def _who(route: model.Route) -> str:
    if route.authorize is None:
        return "anyone"
    ways = [" and ".join(markdown_code(name) for name in names) for names in route.authenticate.alternatives]
    grants = "; or ".join(_grant(grant) for grant in route.authorize.allow)
    text = f"by {' or '.join(ways)}: {grants}"
    for word, conditions in (("and always", route.authorize.require), ("and never", route.authorize.forbid)):
        if conditions:
            text += f"; {word} {', '.join(markdown_code(c.name) for c in conditions)}"
    return text


def _grant(grant: model.Grant) -> str:
    parts = [f"role {_listed(sorted(roles), ' or ')}" for roles in grant.role_sets]
    for word, names, joint in (
        ("method", sorted(grant.methods), " or "), ("client", sorted(grant.clients), " or "),
        ("scope", sorted(grant.scopes), " and "), ("if", [c.name for c in grant.conditions], " and "),
    ):  # fmt: skip
        if names:
            parts.append(f"{word} {_listed(names, joint)}")
    return ", ".join(parts) or "whoever is authenticated"


def _listed(names: Sequence[str], joint: str) -> str:
    return joint.join(markdown_code(name) for name in names) or "nobody has"


def _gap(gap: Gap, evidence: Evidence) -> _GapRow:
    bound = markdown_text(gap.bound)
    for entry in evidence.accept:
        if (entry.target, entry.gap, entry.at, entry.bound) == ("python", gap.id, gap.place, gap.bound):
            until = f" until {markdown_text(entry.expires)}" if entry.expires else ""
            bound += f" (accepted by {markdown_text(entry.owner)}{until}: {markdown_text(entry.reason)})"
    return _GapRow(Code(markdown_code(gap.place)), Code(markdown_text(gap.why)), Code(bound))


def _ciphers(tls: model.Tls) -> str:
    if isinstance(tls.ciphers, str):
        return f"the {markdown_code(tls.ciphers)} cipher suites"
    return f"the cipher suites {', '.join(markdown_code(name) for name in tls.ciphers)}"


def _setting(plan: PythonPlan, name: str) -> _Named:
    prefix = f"{plan.package.upper()}_"
    if name == f"{prefix}BEHIND":
        text = "`gateway`: a gateway in front, reached from trusted addresses only, has decided all but what it left open"
    elif name == f"{prefix}AUDIT_LOG":
        text = "where events go: `stderr` (the default), `stdout` or a file"
    elif name.startswith(f"{prefix}JWKS_") and name.endswith("_FILE"):
        text = "a key set file that is read, and read again, instead of the built-in set or its URL"
    else:
        text = _secret(plan.policy, name)
    return _Named(Code(markdown_code(name)), Code(text))


def _secret(policy: model.Policy, name: str) -> str:
    for verifier in policy.verifiers:
        if isinstance(verifier, model.KeyVerifier) and verifier.store is not None and verifier.store.env == name:
            return f"required: the key records of {markdown_code(verifier.name)}, as JSON"
    return "required: the key that subjects in events are hashed with, 16 bytes or more"


_ASGI = """\
```python
from PACKAGE import SecurityMiddleware

app = SecurityMiddleware(app)
```

Start uvicorn with `--no-proxy-headers`. Handlers find what was verified in `scope["seccfg"]` and may ask more of it with
`require_role` and `require`. `SecurityMiddleware(app, resource=find)` lets the application say what only it knows.

As a proxy in front of anything: `python -m PACKAGE --listen 127.0.0.1:8443 --tls-cert cert.pem --tls-key key.pem`
"""
_WSGI = """\
```python
from PACKAGE import SecurityMiddleware

app = SecurityMiddleware(app)
```

The server must hand over the raw request target as `RAW_URI` or `REQUEST_URI`. Handlers find what was verified in
`environ["seccfg.forwarding"]` and may ask more of it with `require_role` and `require`.
`SecurityMiddleware(app, resource=find)` lets the application say what only it knows.

As a proxy in front of anything: `python -m PACKAGE --listen 127.0.0.1:8443 --tls-cert cert.pem --tls-key key.pem`
"""
