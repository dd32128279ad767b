"""Made-up specs without what keeps the native form from being used: tokens of one method, no schemas of bodies."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from seccfg.ir import policy as ir
from seccfg.record import replace
from seccfg.verify.run import verify_policy
from seccfg_azure import TARGET
from tests.targets.aws.plainer import plainer_policy

__all__ = ["main", "simpler_policy"]

_NATIVE = {"prefer": '"native"'}


def simpler_policy(seed: int) -> ir.Policy:
    """The made-up spec *seed*; LookupError when it takes no tokens."""
    policy = plainer_policy(seed, tokens_only=True)
    used = {name for route in policy.routes for names in route.one(ir.Authenticate).alternatives for name in names}
    tokens = tuple(
        replace(v, algorithms=("RS256", "PS256"), max_age_s=None, jwks=replace(v.jwks, keys=_keys(1 + seed % 2)))
        for v in policy.verifiers if v.name in used and isinstance(v, ir.JwtVerifier)
    )  # fmt: skip
    profile = next((c for route in policy.routes if (c := route.first(ir.Cors)) is not None), None)
    return replace(policy, routes=tuple(_route(route, profile) for route in policy.routes), verifiers=tokens)


def _keys(many: int) -> tuple[ir.Jwk, ...]:
    """Keys whose values nobody looks at: verify exchanges them."""
    text = (Path(__file__).resolve().parents[3] / "examples" / "guide" / "keys" / "users.jwks.json").read_text("utf-8")
    data = {name: value for name, value in json.loads(text)["keys"][0].items() if name in ("kty", "n", "e")}
    return tuple(ir.Jwk(f"k{number}", "RSA", "", "sig", json.dumps({**data, "kid": f"k{number}"})) for number in range(many))


def _route(route: ir.Route, profile: ir.Cors | None) -> ir.Route:
    controls: list[ir.Control] = []
    for control in route.controls:
        match control:
            case ir.Validate():
                controls.append(replace(control, body_schema="", body_required=False))
            case ir.Cors():
                pass
            case ir.ClientAddress() if profile is not None:
                controls += [control, replace(profile, methods=(route.method,), headers=profile.headers or ("X-A",))]
            case ir.Authorize():
                controls.append(replace(control, allow=tuple(replace(g, decided_by="gateway") for g in control.allow)))
            case _:
                controls.append(control)
    return replace(route, controls=tuple(controls))


def main(first: int, last: int) -> int:
    """Verify those of the specs *first* to *last* that have a native form; how many requests were decided differently."""
    differ = 0
    for seed in range(first, last):
        try:
            policy = simpler_policy(seed)
        except LookupError:
            continue
        if not TARGET.compile(policy, _NATIVE).effective.host.hides_methods:
            continue
        (target,) = verify_policy(policy, {"azure": _NATIVE}, "2026-01-05").targets
        (engine,) = target.engines
        differ += engine.differ + bool(engine.failure)
        sys.stdout.write(f"{seed}: {engine.requests} requests, {engine.differ} differ {engine.failure}\n")
    return differ


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), int(sys.argv[2])) > 0)
