"""APPLY.md: what to do with the files, in which order, and what they do not do."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.ir import policy as ir
from seccfg.targetapi.base import Gap
from seccfg.targetapi.escape import markdown_code, markdown_text
from seccfg_apigee.plan import ApigeePlan

__all__ = ["apply_notes"]


def apply_notes(plan: ApigeePlan, gaps: Sequence[Gap]) -> bytes:
    """The file, as UTF-8."""
    policy, options = plan.policy, plan.options
    org, env = options.organization, options.environment
    lines = [
        f"# {markdown_text(policy.evidence.title or policy.name)} on Apigee X",
        "",
        f"Organization {markdown_code(org)}, environment {markdown_code(env)}. Everything is refused until each step is done.",
        "",
        "1. Put a load balancer in front of the environment group as `load-balancer.json` says: it appends the client's",
        "   address and its own to `X-Forwarded-For`, replaces `X-Forwarded-Proto`, and ends TLS.",
        f"2. Set `clientIpResolutionConfig` of `environment.json` on the environment. The bundle takes element "
        f"{options.address_index} of `X-Forwarded-For`,",
        "   and refuses with 500 where the environment resolves another address.",
        "3. Attach the hosts of `environment-group.json`, and no other, to the environment group.",
    ]
    number = 4
    if any(route.one(ir.Forward).url.startswith("https:") for route in policy.routes):
        lines += [
            f"{number}. Create the reference `upstream-authorities` to a trust store with the certificates of whoever issued the",
            "   upstreams' own: without it no upstream is reached.",
        ]
        number += 1
    if plan.revocations or plan.records:
        lines.append(f"{number}. Create the key-value maps of `kvm.json` in the environment and fill them.")
        number += 1
    lines += [
        f"{number}. Import `bundle.zip` as a new revision of proxy {markdown_code(policy.name)}, and deploy it:",
        "",
        "   ```sh",
        f"   apigeecli apis create bundle -n {policy.name} --proxy-zip bundle.zip -o {org}",
        f"   apigeecli apis deploy -n {policy.name} -e {env} -o {org} --ovr --safedeploy",
        "   ```",
        "",
        f"{number + 1}. Set the debug mask of `debug-mask.json`, so that no trace shows a credential.",
        f"{number + 2}. Attach no flow hook with `continueOnError: true` to the environment.",
        f"{number + 3}. `products.json` lists the routes for the portal and for analytics; access does not depend on it.",
        "",
        *(("## What decides", "", *_decides(plan), "") if options.prefer == "native" else ()),
        "## What the bundle does not do exactly",
        "",
    ]
    if gaps:
        lines += ["| gap | in the spec | kind | opens access | instead | why |", "|---|---|---|---|---|---|"]
        for gap in gaps:
            opens = "yes" if gap.widens else "no"
            lines.append(
                f"| {markdown_code(gap.id)} | {markdown_code(gap.place)} | {gap.kind} | {opens} | {markdown_text(gap.bound)} "
                f"| {markdown_text(gap.why)} |"
            )
    else:
        lines.append("Nothing.")
    return ("\n".join(lines) + "\n").encode()


def _decides(plan: ApigeePlan) -> tuple[str, ...]:
    """How far `prefer: native` goes."""
    if plan.native is None:
        why = markdown_text(plan.not_native)
        return (f"The program of `prefer: exact`. What Apigee's own policies do not hold of this spec: {why}.",)
    return (
        "Apigee's own policies: a conditional flow for each route, a RaiseFault for each way to be refused, each with the",
        "condition under which it refuses. A variable that nobody set makes it refuse. Scripts read what no policy shows: an",
        "ambiguous request line, the JSON of a body, lists in claims, conditions.",
    )
