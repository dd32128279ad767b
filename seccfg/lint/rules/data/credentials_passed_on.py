"""DATA207."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA207",
    name="credentials-passed-on",
    severity="warning",
    why=(
        "The service behind gets the caller's own token or key, and with it, its logs and whatever it calls can "
        "act as the caller everywhere the credential works."
    ),
    fix="Leave `forward.credentials` out (it means `strip`) and tell the service who calls with `forward.identity`.",
    refs=("CWE-522", "RFC9700:4.10"),
    needs=("forward.credentials",),
    bad="forward: {credentials: keep}",
    good="forward: {identity: {X-User: principal.subject}}",
)


@RULE.check
def credentials_end_here(spec: Spec) -> Iterator[Hit]:
    if spec.forward is not None and spec.forward.credentials == "keep":
        yield Hit(("forward", "credentials"), "the services behind get every caller's credential")
