"""INPUT014."""

from __future__ import annotations

import re
from collections.abc import Iterator

from seccfg.lint.body_schemas import declared_parameters
from seccfg.lint.model import Hit, Rule
from seccfg.spec.loader import Parameter, Spec

RULE = Rule(
    id="INPUT014",
    name="url-from-caller",
    severity="note",
    why=(
        "The name of the parameter says that it is an address the service will fetch or send people to. Whoever "
        "chooses it makes the service ask hosts of its own network, or lends its name to a phishing page."
    ),
    fix="Take an id of an address registered before; or list the hosts the service may ask, and refuse redirects.",
    refs=("OWASP-API-2023:API7", "CWE-918", "CWE-601"),
    needs=("route.query", "route.header_params", "route.params"),
    confidence="low",
    bad="routes: {/notes: {get: {query: {callback_url: {format: uri, maxLength: 200}}}}}",
    good="routes: {/notes: {get: {query: {callback_id: {format: uuid}}}}}",
)

_ADDRESS = r"(?:.*[-_.])?(?:url|uri|redirect|callback|webhook|href|endpoint|return_?to|next)|.*(?:Url|Uri|URL|URI)"


@RULE.check
def callers_choose_no_addresses(spec: Spec) -> Iterator[Hit]:
    for section in ("query", "header_params", "params"):
        for at, name, parameter in declared_parameters(spec, section):
            if (
                re.fullmatch(_ADDRESS, name)
                and parameter.type == "string"
                and parameter.enum is None
                and _takes_hosts(parameter)
            ):
                yield Hit((*at, name), f"the caller chooses where `{name}` points", key=True)


def _takes_hosts(parameter: Parameter) -> bool:
    """Whether it can hold an absolute address at all."""
    return parameter.format in (None, "uri") and parameter.pattern is None
