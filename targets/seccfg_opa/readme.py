"""What the emitted README says: for people, decided nowhere by it."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.ir.policy import Evidence
from seccfg.record import Record
from seccfg.targetapi.base import Gap
from seccfg.targetapi.escape import markdown_code, markdown_text
from seccfg.targetapi.templates import Code, Templates
from seccfg_opa.plan import OpaPlan

__all__ = ["readme"]


class _GapRow(Record):
    id: str
    place: str
    kind: str
    why: str
    bound: str


def readme(plan: OpaPlan, gaps: Sequence[Gap]) -> bytes:
    """README.md."""
    options, evidence = plan.options, plan.evidence
    values: dict[str, object] = {
        "title": evidence.title or plan.service,
        "path": Code(options.path),
        "live_path": Code(f"{options.path}_live"),
        "facts": tuple(Code(f"{word}: {markdown_text(text)}") for word, text in _facts(evidence)),
        "reasons": tuple(Code(f"{markdown_code(route)}: {markdown_text(why)}") for route, why in evidence.reasons),
        "live": tuple(Code(_pushed(entry)) for entry in plan.live),
        "duties": tuple(map(Code, _duties(plan))),
        "gaps": tuple(_row(gap, evidence) for gap in gaps),
    }
    return Templates("seccfg_opa", lambda value: markdown_text(str(value))).render("README.md.j2", values)


def _facts(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    facts = (
        ("Owner", evidence.owner), ("Report a vulnerability to", evidence.contact), ("Data", ", ".join(evidence.data)),
        ("Compliance", ", ".join(evidence.compliance)),
    )  # fmt: skip
    return tuple((word, text) for word, text in facts if text)


def _pushed(entry: str) -> str:
    if entry == "revocation":
        return (
            "`revocation`: `{updated_s, complete: true, denied: {claim value: true}, versions: {principal id: lowest good "
            "version}, not_before: {principal id: first good second}}`, all of it each time"
        )
    return f"{markdown_code(entry)}: `{{fetched_s, keys: [JWK, …]}}`, as the issuer publishes it"


def _duties(plan: OpaPlan) -> list[str]:
    duties = []
    if plan.options.tokens == "pep":
        duties.append("Verify each token's signature and header, and send its claims as `verified.<auth method>`.")
    if plan.options.signing:
        duties.append(
            "Sign the bundle: `opa sign --signing-alg RS256 --signing-key key.pem --bundle bundle/`, key id "
            f"{markdown_code(plan.options.signing)}; `SECCFG_BUNDLE_KEY` holds the public key."
        )
    return duties


def _row(gap: Gap, evidence: Evidence) -> _GapRow:
    bound = markdown_text(gap.bound)
    for entry in evidence.accept:
        if (entry.target, entry.gap, entry.at, entry.bound) == ("opa", gap.id, gap.place, gap.bound):
            until = f" until {markdown_text(entry.expires)}" if entry.expires else ""
            bound += f" (accepted by {markdown_text(entry.owner)}{until}: {markdown_text(entry.reason)})"
    return _GapRow(Code(gap.id), Code(markdown_code(gap.place)), Code(gap.kind), gap.why, Code(bound))
