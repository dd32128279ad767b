"""The generated JavaScript: what the policy is made of, the router, the steps and branches, in files of bounded size."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Final

from seccfg.expr.regex import Regex
from seccfg.expr.types import Side
from seccfg.ir import policy as ir
from seccfg.program.model import Branch, Header, Method, Program, Slot, Step
from seccfg.targetapi.escape import js_string, js_value, one_line
from seccfg_apigee.checks import CheckPrinter, blocks
from seccfg_apigee.conditions import print_condition, regex_literal
from seccfg_apigee.plan import ApigeePlan, TokenCheck
from seccfg_apigee.schemas import SchemaPrinter

__all__ = ["Resources", "generated"]

GROUP: Final = 16
"""Functions of one `switch`: what is looked up costs the square root of how much there is."""
LARGEST: Final = 100_000
"""Characters of one generated file, about."""
BUCKETS: Final = 64
_STRICT: Final = '  "use strict";'

Resources = dict[str, str]


def generated(plan: ApigeePlan) -> Resources:
    """The generated files by name, without the fixed ones of `runtime/`."""
    return _Printer(plan).files()


class _Printer:
    def __init__(self, plan: ApigeePlan) -> None:
        self._plan = plan
        self._program = plan.program
        self._attributes = {(a.side, a.name): a for a in plan.program.attributes}
        self._conditions = _condition_names(plan.program)
        self._checks = CheckPrinter(self._conditions, self._identity())
        self._steps: dict[str, int] = {}
        self._step_texts: list[str] = []
        self._headers: dict[str, int] = {}
        self._routes = {route.id: route for route in plan.policy.routes}

    def files(self) -> Resources:
        branches = [self._branch(branch) for branch in self._program.branches]
        headers = [f"    return function (run) {{ return {text}; }};" for text in self._headers]
        made = {"seccfg-policy.js": self._policy(headers), "seccfg-router.js": self._router()}
        for kind, texts in (("step", self._step_texts), ("branch", branches)):
            made.update(_split(kind, texts))
        return made

    # ------------------------------------------------------------------------------------------------------ branches
    def _branch(self, branch: Branch) -> str:
        steps = [self._step(step) for step in _reached(branch)]
        forward = self._forward(branch) if branch.kind == "route" else "null"
        parameters = {f".{name}": at for name, at in branch.parameters}
        places = ", ".join(f"[{js_string(use.id)}, {js_value(list(use.methods))}]" for use in branch.places)
        revokes = any(step.name == "revocation" and step.items for step in branch.steps)
        pieces = [
            f"id: {js_string(one_line(branch.id))}", f"kind: {js_string(branch.kind)}", f"steps: [{', '.join(steps)}]",
            f"places: [{places}]", f"alternatives: {js_value([list(a) for a in branch.alternatives])}",
            f"parameters: {_object(parameters)}", f"depth: {branch.json_depth}",
            f"revokes: {'true' if revokes else 'false'}", f"events: {js_value(self._events(branch))}",
            f"open: {self._open(branch)}", f"forward: {forward}",
        ]  # fmt: skip
        return "    return {\n" + ",\n".join(f"      {piece}" for piece in pieces) + "\n    };"

    def _events(self, branch: Branch) -> list[str]:
        route = self._routes.get(branch.id.removeprefix("preflight "))
        audit = self._plan.policy.edge.audit if route is None else route.one(ir.Audit)
        return sorted(audit.events)

    def _step(self, step: Step) -> str:
        number = ir.STEPS.index(step.name) + 1
        body = self._checks.items(step.items, "      ")
        ends = [] if body and body[-1].startswith("      return ") else ["      return null;"]
        text = "\n".join([f"    return function (run) {{ // {step.name}", *body, *ends, "    };"])
        return f"[{number}, {self._number(text)}, {self._header_list(step.headers)}]"

    def _number(self, text: str) -> int:
        if text not in self._steps:
            self._steps[text] = len(self._step_texts)
            self._step_texts.append(text)
        return self._steps[text]

    def _header_list(self, headers: Sequence[Header]) -> int:
        if not headers:
            return -1
        return self._headers.setdefault(self._checks.headers(headers), len(self._headers))

    def _open(self, branch: Branch) -> str:
        always = js_value(list(branch.always_open))
        tests = "".join(
            f"if ({self._checks.form(option.when)}) {{ return {always}.concat({js_value(list(option.names))}); }} "
            for option in branch.may_be_open
        )
        return f"function (run) {{ {tests}return {always}; }}"

    def _forward(self, branch: Branch) -> str:
        forward = branch.forward
        if forward is None:
            raise ValueError(f"{branch.id} forwards to nowhere")
        identity = ", ".join(
            f"[{js_string(entry.header)}, {self._checks.slot(Slot('identity', entry.field))}]" for entry in forward.set
        )
        pieces = {
            "upstream": js_string(forward.upstream), "strip": js_value(list(forward.strip)),
            "cookies": js_value(list(forward.strip_cookies)), "query": js_value(list(forward.strip_query)),
            "identity": f"function (run) {{ return [{identity}]; }}",
        }  # fmt: skip
        return "{\n" + ",\n".join(f"        {key}: {text}" for key, text in pieces.items()) + "\n      }"

    # ------------------------------------------------------------------------------------------------------ attributes
    def _identity(self) -> dict[str, str]:
        """Expressions of the fields a header may carry."""
        found = {field: f'identityText(run.principal("{field}"))' for field in ("subject", "roles", "scopes", "method", "client")}
        for (side, name), attr in self._attributes.items():
            if side == "principal" and name not in found:
                found[name] = f"identityText({self._typed(attr)})"
        return found

    def _typed(self, attr: ir.Attr) -> str:
        word = "typedList" if attr.list_of else "typed"
        return f"{word}({self._read(attr.side, attr.name)}, {js_string(attr.type)})"

    def _read(self, side: Side, name: str) -> str:
        """The value of an attribute, of whatever type, null for none that can be used."""
        attr = self._attributes.get((side, name))
        if attr is None:
            return _BUILT_IN[side, name]
        quoted, kind = js_string(name), js_string("list" if attr.list_of else attr.type)
        match attr.source:
            case ir.FromClaims():
                return f"run.principalAttribute({quoted}, {kind})"
            case ir.FromHeader(header):
                return "null" if attr.trust == "proxy" else f"run.headerAttribute({js_string(header)}, {kind})"
            case ir.FromPath(parameter):
                return f"readText(run.pathParameter({js_string(parameter)}), {js_string(attr.type)})"
            case ir.FromQuery(parameter):
                return f"run.queryAttribute({js_string(parameter)}, {kind})"
            case ir.FromBody(path):
                return f"run.bodyAttribute({js_value(list(path))})"
            case ir.FromClock(function):
                return f"run.clock({js_string(function)})"
            case _:
                return "null"

    def _given(self, side: Side, name: str) -> str:
        """Whether the attribute is there at all."""
        attr = self._attributes.get((side, name))
        match None if attr is None else attr.source:
            case ir.FromHeader(header):
                trusted = attr is not None and attr.trust == "proxy"
                return "false" if trusted else f"run.headerGiven({js_string(header)})"
            case ir.FromQuery(parameter):
                return f"run.queryGiven({js_string(parameter)})"
            case ir.FromBody(path):
                return f"run.bodyGiven({js_value(list(path))})"
            case ir.FromPath(parameter):
                return f"(run.pathParameter({js_string(parameter)}) !== null)"
            case ir.FromClaims() if attr is not None:
                return f"run.principalGiven({js_string(name)})"
            case _:
                return f"({self._read(side, name)} !== null)"

    # -------------------------------------------------------------------------------------------------------- policy
    def _policy(self, headers: list[str]) -> str:
        plan, program = self._plan, self._program
        edge = plan.policy.edge
        form = "application/problem+json" if edge.errors.format == "problem+json" else "application/json"
        reads = sorted({*_header_reads(plan.policy), "x-forwarded-for", "x-forwarded-proto"})
        policy = {
            "addressIndex": plan.options.address_index, "edge": program.edge, "errorType": form, "reads": reads,
        }  # fmt: skip
        titles = {f".{status.value}": status.phrase for status in HTTPStatus if 300 <= status < 600}
        lines = [
            "// What the policy is made of: methods, roles, limits, conditions, schemas. Generated.", "",
            f"var POLICY = {_pretty(policy)};", "",
            f"var TITLES = {_pretty(titles)};", "",
            f"var HOP_BY_HOP = {js_value(sorted(_HOP_BY_HOP))};", "",
            f"var ROLES = {_pretty({f'.{name}': list(gives) for name, gives in program.roles})};", "",
        ]  # fmt: skip
        lines += ["var METHODS = {", ",\n".join(self._method(method) for method in program.methods), "};", ""]
        lines += ["var LIMITS = [", ",\n".join(self._limit(number) for number in range(len(program.limits))), "];", ""]
        lines += [*self._condition_functions(), *self._schema_functions(), *self._screens(), *_switch("headersOf", headers)]
        lines += ["function isRoutable(path) {", _STRICT, f"  return {self._routable()};", "}"]
        return "\n".join(lines) + "\n"

    def _routable(self) -> str:
        return self._checks.form(self._program.routable).replace("run.request.path", "path")

    def _method(self, method: Method) -> str:
        match method.verifier:
            case ir.JwtVerifier() as jwt:
                pieces = self._token_method(jwt)
            case ir.KeyVerifier() as key:
                records = "null" if key.store.env else "{" + ", ".join(map(_record, method.records)) + "}"
                pieces = {"kind": '"key"', "records": records}
            case ir.CertVerifier():
                captures = [p.capture for p in method.san if isinstance(p, ir.SanWildcard)]
                pattern = "".join(_escaped(p.text) if isinstance(p, ir.SanLiteral) else "([^\\/]+)" for p in method.san)
                trusted = "true" if self._plan.certificates else "false"
                pieces = {
                    "kind": '"certificate"', "trusted": trusted, "san": f"/^{pattern}$/", "captures": js_value(captures),
                    "gives": js_value(list(method.verifier.roles)),
                }  # fmt: skip
            case _:
                raise ValueError("a method nobody can check was left in the effective Policy")
        pieces["asserts"] = js_value(list(method.asserts))
        pieces["prefix"] = js_string(method.principal_prefix)
        return f"  {_key(method.name)}: {{\n" + ",\n".join(f"    {key}: {text}" for key, text in pieces.items()) + "\n  }"

    def _token_method(self, jwt: ir.JwtVerifier) -> dict[str, str]:
        checks = [check for check in self._plan.tokens if check.method == jwt.name]
        revocation = next((r for route in self._plan.policy.routes if (r := route.first(ir.Revocation)) is not None), None)
        denied = revocation.deny_claim if revocation is not None else ()
        return {
            "kind": '"jwt"', "issuer": js_string(jwt.issuer),
            "policies": _object({check.family: check.policy for check in checks}),
            "keys": "null" if jwt.jwks.url else _key_algorithms(checks),
            "subject": js_value(list(jwt.subject_claim)),
            "roles": js_value(list(jwt.roles_claim)) if jwt.roles_claim else "null",
            "scopes": js_value(list(jwt.scopes_claim)) if jwt.scopes_claim else "null",
            "attributes": js_value([[a.name, list(a.path)] for a in jwt.attributes]),
            "clients": _object({f".{ident}": name for name, ident in reversed(jwt.clients)}),
            "denied": js_value(list(denied)) if denied else "null",
        }  # fmt: skip

    def _limit(self, number: int) -> str:
        limit = self._program.limits[number]
        match limit.key:
            case ir.ByAddress():
                key = "run.addressLimitKey()"
            case ir.ByPrincipal():
                key = 'run.principal("id")'
            case ir.ByAttribute(side, name):
                attr = self._attributes.get((side, name))
                value = self._typed(attr) if attr is not None else self._read(side, name)
                key = f"attributeKey({value})"
        tiers = js_value([[list(roles), size] for roles, size in limit.tiers])
        return (
            f"  {{name: {js_string(limit.name)}, limit: {limit.limit}, tiers: {tiers}, "
            f"key: function (run) {{ {_STRICT.strip()} return {key}; }}}}"
        )

    def _condition_functions(self) -> Iterator[str]:
        for condition in self._program.conditions:
            name = self._conditions[condition.id]
            for suffix, form in (("holds", condition.holds), ("fails", condition.fails)):
                yield f"// {one_line(condition.name)}: {'TRUE' if suffix == 'holds' else 'FALSE'}."
                yield f"function {name}_{suffix}(run) {{"
                yield _STRICT
                yield from (f"  {line}" for line in print_condition(form, self._read, self._given))
                yield "}"
                yield ""

    def _schema_functions(self) -> list[str]:
        formats = {
            name: Regex(regex.body, True, True) for name, regex in self._program.formats
        }
        printer = SchemaPrinter(formats)
        for number, schema in enumerate(self._program.schemas):
            printer.schema(f"schema_{number}", json.loads(schema))
        return [*printer.lines, ""]

    def _screens(self) -> list[str]:
        lines = ["function screen(name) {", _STRICT, "  switch (name) {"]
        for name, patterns in self._program.screens:
            lines += [f"  case {js_string(name)}:", f"    return [{', '.join(map(regex_literal, patterns))}];"]
        return [*lines, "  default:", "    return [/^/];", "  }", "}", ""]

    # -------------------------------------------------------------------------------------------------------- router
    def _router(self) -> str:
        nodes = []
        for node in self._program.nodes:
            others = f"{node.parameter}, {node.rest}, {node.here}"
            nodes.append("\n".join([*_literals(node.literals, others), f"    return [-1, {others}];"]))
        templates = []
        for template in self._program.templates:
            methods = {f".{name}": number for name, number in template.methods}
            preflights = {f".{name}": number for name, number in template.preflights}
            templates.append(
                f"    return {{methods: {_object(methods)}, preflights: {_object(preflights)}, "
                f"undeclared: {template.undeclared}}};"
            )
        lines = ["// The router: [literal child, parameter, rest, template that ends here] of each node. Generated.", ""]
        lines += _switch("nodeOf", nodes, "segment")
        lines += _switch("templateOf", templates)
        return "\n".join(lines) + "\n"


_BUILT_IN: Final[dict[tuple[Side, str], str]] = {
    ("principal", "subject"): 'run.principal("subject")', ("principal", "roles"): 'run.principal("roles")',
    ("principal", "scopes"): 'run.principal("scopes")', ("principal", "method"): 'run.principal("method")',
    ("principal", "client"): 'run.principal("client")', ("request", "method"): "run.request.method",
    ("request", "path"): "run.request.path", ("request", "host"): "run.request.host()",
    ("request", "ip"): "run.clientText()", ("request", "time"): "run.request.now()",
}  # fmt: skip
_HOP_BY_HOP: Final = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
    "proxy-connection",
})  # fmt: skip


def _condition_names(program: Program) -> dict[str, str]:
    names: dict[str, str] = {}
    for number, condition in enumerate(program.conditions):
        plain = "".join(c if c.isascii() and c.isalnum() else "_" for c in condition.name.lower())
        names[condition.id] = f"condition_{number}_{plain}"
    return names


def _reached(branch: Branch) -> Iterator[Step]:
    """The steps up to the first that always ends a preflight."""
    for step in branch.steps:
        yield step
        if step.name == "preflight" and branch.kind == "preflight" and step.items:
            return


def _literals(literals: Sequence[tuple[str, int]], others: str) -> Iterator[str]:
    """Statements that return for a literal child; many are told apart by a hash first."""
    if not literals:
        return
    if len(literals) <= GROUP:
        yield "    switch (segment) {"
        for text, number in literals:
            yield f"    case {js_string(text)}:"
            yield f"      return [{number}, {others}];"
        yield "    default:"
        yield f"      return [-1, {others}];"
        yield "    }"
        return
    yield "    switch (bucketOf(segment)) {"
    for bucket in range(BUCKETS):
        held = [(text, number) for text, number in literals if _bucket(text) == bucket]
        if held:
            yield f"    case {bucket}:"
            for text, number in held:
                yield f"      if (segment === {js_string(text)}) {{"
                yield f"        return [{number}, {others}];"
                yield "      }"
            yield "      break;"
    yield "    default:"
    yield "    }"


def _bucket(text: str) -> int:
    """As `bucketOf` of the runtime counts it, over UTF-16."""
    raw = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for at in range(0, len(raw), 2):
        value = (value * 31 + raw[at] * 256 + raw[at + 1]) % 65_521
    return value % BUCKETS


def _switch(name: str, texts: Sequence[str], argument: str = "") -> list[str]:
    """A function of a number that reaches each of *texts* through two switches."""
    more = f", {argument}" if argument else ""
    lines: list[str] = []
    for first in range(0, len(texts), GROUP):
        lines += [f"function {name}_{first // GROUP}(number{more}) {{", _STRICT, "  switch (number) {"]
        for number, text in enumerate(texts[first : first + GROUP], first):
            lines += [f"  case {number}:", text]
        lines += ["  default:", "    return null;", "  }", "}", ""]
    lines += [f"function {name}(number{more}) {{", _STRICT, f"  switch (Math.floor(number / {GROUP})) {{"]
    for group in range(-(-len(texts) // GROUP)):
        lines += [f"  case {group}:", f"    return {name}_{group}(number{more});"]
    return [*lines, "  default:", "    return null;", "  }", "}", ""]


def _split(kind: str, texts: Sequence[str]) -> Resources:
    """*texts* in as many files as it takes; the last has the function that finds its way to all."""
    files: Resources = {}
    groups = [texts[first : first + GROUP] for first in range(0, len(texts), GROUP)]
    held: list[str] = []
    name = "branchOf" if kind == "branch" else "step"

    def close(last: bool) -> None:
        number = len([f for f in files if f.startswith(f"seccfg-{kind}")]) + 1
        heading = f"// The {'branches' if kind == 'branch' else 'steps'} of the program, by number. Generated."
        if held or last:
            files[f"seccfg-{kind}-{number:02}.js"] = "\n".join([heading, "", *held]) + "\n"
        held.clear()

    for group, members in enumerate(groups):
        held += [f"function {name}_{group}(number) {{", _STRICT, "  switch (number) {"]
        for number, text in enumerate(members, group * GROUP):
            held += [f"  case {number}:", text]
        held += ["  default:", "    return null;", "  }", "}", ""]
        if sum(map(len, held)) > LARGEST:
            close(last=False)
    held += [f"function {name}(number) {{", _STRICT, f"  switch (Math.floor(number / {GROUP})) {{"]
    for group in range(len(groups)):
        held += [f"  case {group}:", f"    return {name}_{group}(number);"]
    held += ["  default:", "    return null;", "  }", "}"]
    close(last=True)
    return files


def _pretty(value: object) -> str:
    """An object literal, a member a line."""
    if not isinstance(value, dict):
        return _object(value)
    return "{\n" + ",\n".join(f"  {_key(str(key))}: {_object(inner)}" for key, inner in sorted(value.items())) + "\n}"


def _object(value: object) -> str:
    """A literal of JSON data; member names without quotes where they need none."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(str(key))}: {_object(inner)}" for key, inner in sorted(value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_object, value)) + "]"
    return js_value(value)


def _key(name: str) -> str:
    return name if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) and name not in _WORDS else js_string(name)


_WORDS: Final = frozenset({
    "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete", "do", "else", "enum", "export",
    "extends", "false", "finally", "for", "function", "if", "implements", "import", "in", "instanceof", "interface", "let",
    "new", "null", "package", "private", "protected", "public", "return", "static", "super", "switch", "this", "throw", "true",
    "try", "typeof", "var", "void", "while", "with", "yield", "__proto__",
})  # fmt: skip


def _record(record: ir.KeyRecord) -> str:
    attributes = {f".{name}": json.loads(text) for name, text in record.attributes if text != "null"}
    pieces = {
        "id": js_string(record.id), "sha256": js_string(record.sha256), "subject": js_string(record.subject),
        "roles": js_value(list(record.roles)), "scopes": js_value(list(record.scopes)),
        "attributes": _object(attributes), "notBefore": js_value(record.not_before_s),
        "expires": js_value(record.expires_s), "addresses": blocks(record.addresses),
    }  # fmt: skip
    return f"\n      {js_string('.' + record.id)}: {{" + ", ".join(f"{key}: {text}" for key, text in pieces.items()) + "}"


def _key_algorithms(checks: Sequence[TokenCheck]) -> str:
    """Which algorithms each key of the build is for."""
    found: dict[str, list[str]] = {}
    for check in checks:
        for key in check.jwks:
            crv = json.loads(key.json).get("crv", "")
            fitting = [a for a in check.algorithms if key.alg in ("", a) and _CURVES.get(a, crv) == crv]
            found.setdefault(key.kid, []).extend(fitting)
    return _object(found)


_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}


def _escaped(text: str) -> str:
    printed = ""
    for mark in text:
        code = ord(mark)
        printed += mark if mark.isascii() and mark.isalnum() else f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return printed


def _header_reads(policy: ir.Policy) -> Iterable[str]:
    """Headers that decide something, or carry what was decided; their spelling with `_` is removed."""
    yield from ("authorization", "cookie", "host", "origin", "content-type", "content-length", "x-authz-open")
    for verifier in policy.verifiers:
        yield from (place.name for place in getattr(verifier, "places", ()) if isinstance(place, ir.HeaderPlace))
    yield from (a.source.name for a in policy.attrs if isinstance(a.source, ir.FromHeader))
    for route in policy.routes:
        yield from (entry.header for entry in route.one(ir.Forward).set)
        yield from (p.name for p in route.one(ir.Validate).params if p.place == "header")
        csrf = route.one(ir.Authenticate).csrf_header
        if csrf:
            yield csrf


