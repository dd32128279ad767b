"""DATA205."""

from __future__ import annotations

from collections.abc import Iterator

from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Spec

RULE = Rule(
    id="DATA205",
    name="misleading-status",
    severity="note",
    why=(
        "Clients and monitors act on the status: they sign in anew on 401, retry on 503 and 429, and count "
        "attacks by 401 and 403. Another code makes them do the wrong thing, and a failure look like an attack, "
        "or the other way round."
    ),
    fix="Leave the status of this reason as it is; `forbidden: 404`, which hides that something exists, is fine.",
    refs=("RFC9110:15.5.2", "RFC6750:3.1", "RFC6585:4"),
    needs=("errors.status",),
    bad="errors: {status: {invalid_token: 403}}",
    good="errors: {status: {forbidden: 404}}",
)

_EXPECTED = {
    "no_credential": 401, "several_credentials": 401, "invalid_token": 401, "invalid_key": 401, "invalid_certificate": 401,
    "revoked": 401, "rate_limited": 429, "unavailable": 503, "internal": 500,
}  # fmt: skip


@RULE.check
def statuses_mean_what_they_say(spec: Spec) -> Iterator[Hit]:
    for reason, status in ((spec.errors.status if spec.errors is not None else None) or {}).items():
        wanted = _EXPECTED.get(reason, status)
        if status != wanted:
            yield Hit(("errors", "status", reason), f"`{reason}` is answered {status}; clients act on {wanted}")
