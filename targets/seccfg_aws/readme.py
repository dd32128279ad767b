"""What README.md and APPLY.md say of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from seccfg.ir.policy import Accepted, Evidence
from seccfg.record import Record
from seccfg.targetapi.base import Gap
from seccfg.targetapi.escape import markdown_code, markdown_text, shell_word
from seccfg.targetapi.templates import Code
from seccfg_aws.plan import AwsPlan
from seccfg_runtime.runtime import model

__all__ = ["readme_values"]


class _Row(Record):
    first: Code
    second: Code
    third: Code


def readme_values(plan: AwsPlan, gaps: Sequence[Gap], code_key: str) -> dict[str, object]:
    """The values both templates print."""
    policy = plan.module.policy
    accepted = {(e.gap, e.at, e.bound): e for e in reversed(plan.evidence.accept) if e.target == "aws"}
    region = f" --region {shell_word(plan.options.region)}" if plan.options.region else ""
    parameters = ["CodeBucket=BUCKET"]
    parameters += [f"CertificateArn{number}=ARN" for number, _ in enumerate(plan.domains, 1)]
    parameters += ["TruststoreUri=s3://BUCKET/truststore.pem", "TruststoreVersion=VERSION"] if plan.truststore else []
    parameters += ['PassKeyValue="$(openssl rand -hex 32)"'] if plan.keyed else []
    parameters += [f"{name}=VALUE" for name in (f"Secret{_word(secret)}" for secret in plan.secrets)]
    return {
        "title": plan.evidence.title or plan.name,
        "service": plan.name,
        "facts": tuple(Code(f"{word}: {markdown_text(text)}") for word, text in _facts(plan.evidence)),
        "routes": tuple(_route(route, [limit.name for limit in plan.native.limits]) for route in policy.routes),
        "native": tuple(Code(line) for line in _native(plan)),
        "reasons": tuple(
            _Row(Code(markdown_code(route)), Code(markdown_text(why)), Code("")) for route, why in plan.evidence.reasons
        ),
        "conditions": tuple(
            _Row(Code(markdown_code(c.condition.name)), Code(markdown_code(c.condition.text)), Code(""))
            for c in plan.module.conditions
        ),
        "gaps": tuple(_gap(gap, accepted) for gap in gaps),
        "code_key": Code(shell_word(code_key)),
        "stack_file": Code("main.tf.json" if plan.options.format == "terraform" else "template.json"),
        "terraform": Code("yes" if plan.options.format == "terraform" else ""),
        "provider": Code(f" (region {markdown_code(plan.options.region)})" if plan.options.region else ""),
        "variables": Code(" \\\n     ".join(f"-var {parameter}" for parameter in parameters)),
        "stack": Code(shell_word(plan.name)),
        "region": Code(region),
        "parameters": Code(" \\\n     ".join(parameters)),
        "truststore": Code("yes" if plan.truststore else ""),
        "table": Code("yes" if plan.counts or plan.revokes else ""),
        "counts": Code("yes" if plan.keyed else ""),
        "revokes": Code("yes" if plan.revokes else ""),
        "domains": tuple(
            _Row(Code(markdown_code(domain.host)), Code(str(number)), Code("yes" if domain.mutual else "no"))
            for number, domain in enumerate(plan.domains, 1)
        ),
        "kept": Code(_kept(plan)),
        "tls_policy": Code(markdown_code(plan.tls_policy)),
    }


def _native(plan: AwsPlan) -> Iterator[str]:
    """What decides in the native form, from the outside in; nothing in the exact form."""
    if plan.options.prefer == "exact":
        return
    native = plan.native
    for rule in native.addresses:
        yield f"web ACL: addresses outside the network profile {markdown_code(rule.name)} are blocked"
    for limit in native.limits:
        yield (
            f"web ACL: the rate-based rule of {markdown_code(limit.name)} blocks an address with more than {limit.limit} "
            f"requests in the last {limit.window_s} seconds"
        )
    yield "API Gateway: host, path and method; what no route has is answered as unknown"
    for preflight in native.preflights:
        yield f"API Gateway: a MOCK method answers OPTIONS on {markdown_code(preflight.template)} with fixed headers"
    if any(method.model for method in plan.methods):
        yield "API Gateway: request validators hold bodies against models"
    if native.rules is not None:
        yield "function: token, roles and conditions by the table in `policy.py`; nothing it says is kept (TTL 0), since what " \
            "it says depends on the path as well as on the token, and ends when the token ends"
    else:
        yield "function: everything else; nothing it says is kept"
    for why in native.kept:
        yield f"not native: {markdown_text(why)}"


def _kept(plan: AwsPlan) -> str:
    """How long logs are kept, beside what the spec asks for."""
    least, most = (f"{seconds / 86_400:g} days" if seconds else "" for seconds in plan.retention_asked)
    asked = " and ".join(part for part in (f"at least {least}" if least else "", f"at most {most}" if most else "") if part)
    return f"Logs are kept {plan.retention_days} days" + (f" (asked for: {asked})." if asked else ".")


def _word(text: str) -> str:
    return "".join(part.capitalize() for part in text.split("_"))


def _facts(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    every = (
        ("Owner", evidence.owner), ("Report a vulnerability to", evidence.contact), ("Data", ", ".join(evidence.data)),
        ("Compliance", ", ".join(evidence.compliance)),
    )  # fmt: skip
    return tuple((word, text) for word, text in every if text)


def _route(route: model.Route, before: Sequence[str]) -> _Row:
    """`before`: limits of every route that are counted before the function is asked."""
    limits = ", ".join(markdown_code(name) for name in (*before, *(limit.name for limit in route.limits))) or "none"
    if route.authorize is None:
        who = "anyone"
    else:
        who = " or ".join(
            " and ".join(markdown_code(name) for name in names) for names in route.authenticate.alternatives
        )
    return _Row(Code(markdown_code(route.id)), Code(who), Code(limits))


def _gap(gap: Gap, accepted: Mapping[tuple[str, str, str], Accepted]) -> _Row:
    place, bound = gap.place, markdown_text(gap.bound)
    entry = accepted.get((gap.id, place, gap.bound))
    if entry is not None:
        until = f" until {markdown_text(entry.expires)}" if entry.expires else ""
        bound += f" (accepted by {markdown_text(entry.owner)}{until}: {markdown_text(entry.reason)})"
    return _Row(Code(markdown_code(place)), Code(markdown_text(gap.why)), Code(bound))
