"""The blocks of C# the decision program is printed as: `edge` before credentials are judged, `access` after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from seccfg.ir.policy import (
    Bearer,
    CookiePlace,
    HeaderPlace,
    IdentityHeader,
    JwtVerifier,
    KeyVerifier,
    Place,
    QueryPlace,
    Revocation,
    StepName,
)
from seccfg.program.build import place_id
from seccfg.program.model import Branch, Header, Method, OpenConditions, Program, Refuse, Slot, Step
from seccfg.record import Record, fields
from seccfg.targetapi.templates import Code, Templates
from seccfg_azure.csharp import ints, pattern, policy_string, texts, within
from seccfg_azure.events import passes_told
from seccfg_azure.forms import LONE_HALVES
from seccfg_azure.plan import AzurePlan
from seccfg_azure.records import records_json
from seccfg_azure.slots import BlockSlots
from seccfg_azure.statements import StepPrinter
from seccfg_azure.values import read_lines

__all__ = ["access_block", "edge_block"]

EARLY: tuple[StepName, ...] = (
    "request_target", "host", "plain_http", "address", "route", "preflight", "method", "body", "address_limits",
)  # fmt: skip
LATE: tuple[StepName, ...] = ("principal_limits", "authorize", "validate", "forward")
_TEMPLATES = Templates("seccfg_azure", lambda value: policy_string(str(value)) if isinstance(value, str) else str(value))
_PATTERNS: Mapping[str, str] = {
    "port": r":[0-9]*\z", "length": r"\A[0-9]{1,18}\z", "hex2": r"\A[0-9A-Fa-f]{2}\z", "hex4": r"\A[0-9A-Fa-f]{4}\z",
    "halves": LONE_HALVES, "whole": r"\A-?(?:0|[1-9][0-9]{0,17})\z",
    "number": r"\A-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\z",
    "token": r"\A[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\z",
}  # fmt: skip


def edge_block(plan: AzurePlan) -> str:
    """Steps 1 to 9, and which key each token that is presented has to be signed with."""
    return _Block(plan.program, plan).edge()


def access_block(plan: AzurePlan) -> str:
    """Step 10 once signatures are checked, and what follows it but counting and revocation."""
    return _Block(plan.program, plan).access()


_K = TypeVar("_K")


class _Block:
    def __init__(self, program: Program, plan: AzurePlan) -> None:
        self._program = program
        self._plan = plan
        self._slots = BlockSlots(program)
        self._steps = StepPrinter(program, self._slots)
        self._uses: dict[tuple[tuple[int, ...], ...], list[int]] = {}
        for number, branch in enumerate(program.branches):
            self._uses.setdefault(self._branch_uses(branch), []).append(number)

    def _branch_uses(self, branch: Branch) -> tuple[tuple[int, ...], ...]:
        names = {method.name: number for number, method in enumerate(self._program.methods)}
        return tuple((self._slots.place(use.id), *(names[m] for m in use.methods)) for use in branch.places)

    # -------------------------------------------------------------------------------------------------------- pieces
    def _render(self, name: str, **values: object) -> str:
        formats = {kind: Code(pattern(regex)) for kind, regex in self._program.formats if kind in ("ipv4", "ipv6")}
        made = _TEMPLATES.render(f"{name}.cs.j2", {**_PATTERNS, **formats, **values}).decode()
        return f"/* runtime: {name} */\n{made}\n/* end of {name} */"

    def _head(self) -> str:
        trusted = within(self._program.trusted_proxies, "family", "low4", "high", "low")
        return self._render("head", trusted=Code(trusted), places=Code("\n".join(self._places())))

    def _places(self) -> Iterable[str]:
        known: dict[str, Place] = {
            place_id(place): place for m in self._program.methods for place in getattr(m.verifier, "places", ())
        }
        for ident in self._slots.places:
            yield "filled.Add(new List<string>());"
            into = "filled[filled.Count - 1]"
            match known[ident]:
                case Bearer():
                    yield 'if (lines.ContainsKey("authorization")) { foreach (string each in lines["authorization"]) {'
                    yield "    int space = each.IndexOf(' ');"
                    yield '    string named = space < 0 ? each : each.Substring(0, space);'
                    yield (
                        '    if (string.Equals(named, "bearer", StringComparison.OrdinalIgnoreCase)) '
                        f'{{ {into}.Add(space < 0 ? "" : each.Substring(space + 1)); }}'
                    )
                    yield "} }"
                case HeaderPlace(name):
                    quoted = policy_string(name)
                    split = "each.Split(',')"
                    yield f"if (lines.ContainsKey({quoted})) {{ foreach (string each in lines[{quoted}]) {{ {into}.AddRange({split}); }} }}"
                case CookiePlace(name):
                    yield 'if (lines.ContainsKey("cookie")) { foreach (string each in lines["cookie"]) { foreach (string crumb in each.Split(\';\')) {'
                    yield "    int equals = crumb.IndexOf('=');"
                    yield "    string named = (equals < 0 ? crumb : crumb.Substring(0, equals)).Trim(' ', '\\t');"
                    yield f'    if (named == {policy_string(name)}) {{ {into}.Add(equals < 0 ? "" : crumb.Substring(equals + 1).Trim(\' \', \'\\t\')); }}'
                    yield "} } }"
                case QueryPlace(name):
                    yield "for (int sought = 0; sought < queryNames.Count; sought++) {"
                    yield f'    if (queryNames[sought] == {policy_string(name)}) {{ {into}.Add(queryValues[sought] ?? "\\ufffd"); }}'
                    yield "}"

    def _router(self) -> str:
        program = self._program
        here = [f"case {n}: template = {node.here}; break;" for n, node in enumerate(program.nodes) if node.here >= 0]
        ways = [
            f"case {n}: parameter = {node.parameter}; rest = {node.rest}; break;"
            for n, node in enumerate(program.nodes)
            if node.parameter >= 0 or node.rest >= 0
        ]
        literals = [
            f"case {policy_string(f'{n} {text}')}: literal = {child}; break;"
            for n, node in enumerate(program.nodes)
            for text, child in node.literals
        ]
        undeclared = [f"case {n}: branch = {t.undeclared}; break;" for n, t in enumerate(program.templates)]
        methods, preflights = (
            [
                f"case {policy_string(f'{n} {method}')}: branch = {branch}; break;"
                for n, template in enumerate(program.templates)
                for method, branch in getattr(template, kind)
            ]
            for kind in ("methods", "preflights")
        )
        return self._render(
            "router", routable=Code(self._steps.form(program.routable)), edge=program.edge, here=_code(here),
            ways=_code(ways), literals=_code(literals), undeclared=_code(undeclared), methods=_code(methods),
            preflights=_code(preflights),
        )  # fmt: skip

    def _tables(self) -> list[str]:
        """What the prelude has to know of the methods."""
        methods = self._program.methods
        issuers = [m.verifier.issuer if isinstance(m.verifier, JwtVerifier) else "" for m in methods]
        kinds = [1 if isinstance(m.verifier, JwtVerifier) else 0 for m in methods]
        ids = ", ".join(texts(sorted({r.id for r in m.records if "." not in r.id})) for m in methods)
        return [
            f"string[] names = {texts(m.name for m in methods)};", f"int[] kinds = {ints(kinds)};",
            f"string[] issuers = {texts(issuers)};",
            f"string[][] keyIds = new string[][] {{ {ids} }};" if methods else "string[][] keyIds = new string[0][];",
        ]  # fmt: skip

    def _branch_table(self, wanted: Sequence[StepName], name: str) -> list[str]:
        """`int[] NAME`: the steps of the branch that are *wanted*, in order."""
        found: dict[tuple[int, ...], list[int]] = {}
        for number, branch in enumerate(self._program.branches):
            steps = tuple(
                self._steps.number(step, branch.alternatives) for step in branch.steps if step.name in wanted and _does(step)
            )
            found.setdefault(steps, []).append(number)
        return _by_branch(f"int[] {name} = new int[0];", found, lambda steps: f"{name} = {ints(steps)};")

    def _parameters(self) -> list[str]:
        found: dict[tuple[tuple[str, int], ...], list[int]] = {}
        for number, branch in enumerate(self._program.branches):
            found.setdefault(branch.parameters, []).append(number)

        def put(parameters: tuple[tuple[str, int], ...]) -> str:
            return " ".join(
                f"pathValues[{policy_string(name)}] = {_segment(at)};" for name, at in parameters
            )

        declared = "var pathValues = new Dictionary<string, string>(StringComparer.Ordinal);"
        return _by_branch(declared, found, put)

    def _uses_table(self) -> list[str]:
        def put(uses: tuple[tuple[int, ...], ...]) -> str:
            return f"uses = new int[][] {{ {', '.join(ints(use) for use in uses)} }};" if uses else ""

        return _by_branch("int[][] uses = new int[0][];", self._uses, put)

    def _run(self, table: str, wanted: Sequence[StepName]) -> list[str]:
        """Go through the steps until one ends it."""
        return [
            f"foreach (int step in {table}) {{",
            "    if (reason != null) { break; }",
            "    switch (step) {",
            *(f"        {line}" for line in self._steps.cases(lambda step: step.name in wanted)),
            "    }",
            "}",
        ]

    def _finish(self) -> list[str]:
        return [
            "int reached = sent;",
            "if (reached >= 0) {",
            "    switch (reached) {",
            *(f"        {line}" for line in self._steps.header_cases()),
            "    }",
            "}",
            "result[\"headers\"] = headers;",
            "result[\"counted\"] = counted;",
            "result[\"raised\"] = raised;",
            "result[\"charged\"] = charged;",
            "if (reason != null) {",
            "    result[\"refusal\"] = new JObject(new JProperty(\"status\", status), new JProperty(\"reason\", reason), "
            "new JProperty(\"event\", happened), new JProperty(\"headers\", headers));",
            "}",
        ]  # fmt: skip

    # -------------------------------------------------------------------------------------------------------- blocks
    def edge(self) -> str:
        """The whole of the first block."""
        early = [*self._branch_table(EARLY, "steps")]
        run = self._run("steps", EARLY)
        limited = self._limited("address_limits")
        finish = self._finish()
        credentials = self._render("credentials")
        reader = self._render("reader")
        claimants = self._claimants()
        router = self._router()
        parts = [
            *_STATE, self._head(), router, *self._slots.lines("head"), *early, *run, *finish, *limited,
            "if (reason == null) {", *self._tables(), *self._uses_table(), credentials, reader, claimants,
            *self._wanted_keys(), "}", 'result["depth"] = parts.Length;',
            'result["near"] = peerTrusted;', 'result["scheme"] = tls ? "https" : "http";',
        ]  # fmt: skip
        return _wrapped(parts, "edge")

    def _claimants(self) -> str:
        cookies = [n for n, ident in enumerate(self._slots.places) if ident.startswith("cookie ")]
        return self._render("claimants", count=len(self._program.methods), cookies=Code(", ".join(map(str, cookies)) or "-1"))

    def _wanted_keys(self) -> list[str]:
        """The key each token names: `verify` maps its method to the number of the key, `token` to the token."""
        lines = ["var verify = new JObject();"]
        for number, key in enumerate(self._plan.keys):
            head = f"heads[{key.method}]"
            algorithms = texts(key.algorithms)
            lines += [
                f"if ({head} != null && {head}[\"kid\"] != null && {head}[\"kid\"].Type == JTokenType.String && {head}[\"alg\"] != null"
                f" && {head}[\"alg\"].Type == JTokenType.String && string.Equals((string){head}[\"kid\"], {policy_string(key.kid)}, "
                f"StringComparison.Ordinal) && {algorithms}.Contains((string){head}[\"alg\"])) {{",
                f'    verify["{number}"] = "t" + held[{key.method}];',
                "}",
            ]
        return [*lines, 'result["verify"] = verify;']

    def _limited(self, step: StepName) -> list[str]:
        """What a request over a limit of *step* is answered: `headers` of the step; `Retry-After` is the counter's."""
        found: dict[int, list[int]] = {}
        for number, branch in enumerate(self._program.branches):
            for one in branch.steps:
                if one.name == step and _does(one):
                    group = self._steps.header_group(one.headers)
                    found.setdefault(group, []).append(number)
        if not found:
            return []
        return [
            "if (counted.Count > 0 && sent < 0) { sent = -1; }",
            "headers = new JObject();",
            *_by_branch("int over = -1;", found, lambda group: f"over = {group};"),
            "switch (over) {",
            *(f"    {line}" for line in self._steps.header_cases()),
            "}",
            "if (counted.Count > 0) {",
            "    result[\"limited\"] = new JObject(new JProperty(\"status\", limitedStatus), new JProperty(\"reason\", "
            "\"rate_limited\"), new JProperty(\"event\", \"rate.limited\"), new JProperty(\"headers\", headers));",
            "}",
        ]  # fmt: skip

    def access(self) -> str:
        """The whole of the second block."""
        first = self._branch_table(("authenticate",), "steps")
        then = self._branch_table(LATE, "later")
        run = self._run("steps", ("authenticate",))
        late = self._run("later", LATE)
        forwarded = self._forwarded()
        opened = self._left_open()
        revocation = self._revocation()
        limited = self._limited("principal_limits")
        finish = self._finish()
        head = self._head()
        router = self._router()
        principal = self._principal()
        parts = [
            *_STATE, head, router, *self._parameters(), *self._depths(), *self._address(), *self._slots.lines("head"),
            *self._tables(), *self._uses_table(), self._render("credentials"),
            "texts.Add(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(body)).SequenceEqual(body) ? Encoding.UTF8.GetString(body) : null);",
            *self._records_text(), self._render("reader"),
            "bool bodyFine = roots[tokens * 2] != null && !repeated[tokens * 2] && !broken[tokens * 2];",
            "int bodyDepth = depths[tokens * 2];",
            *self._key_ids(), self._claimants(), *self._records(), *self._signed(), *self._slots.lines("tokens"),
            "int who = -1;", "string chosen = null;", *first, *run,
            "string refusedAt = reason == null ? \"later\" : \"authenticate\";",
            *principal, *self._slots.lines("principal"), *then, *late, *finish, *limited, *forwarded, *opened, *revocation,
            *self._told(),
            'result["at"] = reason == null ? "" : refusedAt;', 'result["who"] = principal == null ? "" : "p" + principal;',
            'result["pass"] = reason == null;',
        ]  # fmt: skip
        return _wrapped(parts, "access")

    def _revocation(self) -> list[str]:
        """What the revocation service is asked about each token, and what is answered when it says no or nothing."""
        control = next((c for route in self._plan.policy.routes if (c := route.first(Revocation)) is not None), None)
        found: dict[tuple[tuple[tuple[str, ...], ...], tuple[Header, ...], tuple[Header, ...], tuple[Header, ...]], list[int]] = {}
        statuses = {"revoked": 401, "unavailable": 503}
        for number, branch in enumerate(self._program.branches):
            for step in branch.steps:
                if step.name == "revocation" and step.items and branch.kind == "route":
                    refusals = {refuse.reason: refuse for refuse in _refusals(step)}
                    statuses |= {reason: refuse.status for reason, refuse in refusals.items()}
                    said = tuple(refusals[reason].headers for reason in ("revoked", "unavailable"))
                    found.setdefault((branch.alternatives, said[0], said[1], step.headers), []).append(number)
        if control is None or not found:
            return []
        names = {method.name: number for number, method in enumerate(self._program.methods)}
        lines = ["int[] watched = new int[0];", "var revoked = new JObject();", "var unavailable = new JObject();",
                 "if (who >= 0) {", "switch (branch) {"]  # fmt: skip
        for (alternatives, no, none, always), numbers in found.items():
            lines += [" ".join(f"case {number}:" for number in numbers), "    switch (chosen) {"]
            for chosen, alternative in enumerate(alternatives):
                tokens = [names[n] for n in alternative if isinstance(self._program.methods[names[n]].verifier, JwtVerifier)]
                lines.append(f'        case "{chosen}": watched = {ints(tokens)}; break;')
            lines.append("    }")
            for kind, own in (("revoked", no), ("unavailable", none)):
                lines += [f"    {line.replace('headers[', f'{kind}[')}" for line in self._steps.headers((*own, *always))]
            lines.append("    break;")
        lines += ["}", "}", self._render(
            "revocation", deny=Code(texts(control.deny_claim)), version=Code(texts(control.version_claim)),
            issued=Code("true" if control.not_before else "false"), prefixes=Code(texts(m.principal_prefix for m in self._program.methods)),
            revoked=statuses["revoked"], unavailable=statuses["unavailable"],
        )]  # fmt: skip
        return lines

    def _told(self) -> list[str]:
        """Events of a request that passes."""
        groups = passes_told(self._plan)
        if not groups:
            return []
        cases = [
            line
            for events, places in groups.items()
            for line in (
                " ".join(f"case {policy_string(f'{number} {place}')}:" for place, number in places),
                *(f"    told.Add({policy_string(event)});" for event in events),
                "    break;",
            )
        ]
        return [
            "var told = new JArray();", 'switch (reason == null ? branch + " " + chosen : "") {',
            *(f"    {line}" for line in cases), "}", 'result["told"] = told;',
        ]  # fmt: skip

    def _depths(self) -> list[str]:
        found: dict[int, list[int]] = {}
        for number, branch in enumerate(self._program.branches):
            found.setdefault(branch.json_depth, []).append(number)
        return _by_branch("int depth = 0;", found, lambda depth: f"depth = {depth};" if depth else "")

    def _address(self) -> list[str]:
        """`request.ip` as text."""
        if not self._slots.reads_address:
            return []
        return [self._render("address")]

    def _records_text(self) -> list[str]:
        keyed = [m for m in self._program.methods if isinstance(m.verifier, KeyVerifier)]
        return [f"texts.Add({self._records_of(m)});" for m in keyed]

    def _records_of(self, method: Method) -> str:
        """The records as a text: as they stand, or from the named value a deployment fills."""
        for secret in self._plan.secrets:
            if secret.method == method.name:
                return f'Encoding.UTF8.GetString(Convert.FromBase64String("{{{{{secret.name}}}}}"))'
        return policy_string(records_json(method.records))

    def _key_ids(self) -> list[str]:
        """Ids of key records, read from the records themselves."""
        keyed = [n for n, m in enumerate(self._program.methods) if isinstance(m.verifier, KeyVerifier)]
        return [
            f'keyIds[{number}] = ((JArray)roots[tokens * 2 + {place}]).Select(each => (string)each["id"]).ToArray();'
            for place, number in enumerate(keyed, 1)
        ]

    def _records(self) -> list[str]:
        """The record each key that is presented fits."""
        count = len(self._program.methods)
        lines = [
            f"var records = new JObject[{count}];", f"var recordIds = new string[{count}];",
            f"var recordFrom = new double[{count}];", f"var recordUntil = new double[{count}];",
            f"var recordNear = new bool[{count}];",
        ]  # fmt: skip
        keyed = [n for n, m in enumerate(self._program.methods) if isinstance(m.verifier, KeyVerifier)]
        for place, number in enumerate(keyed):
            moment = "\n".join(f"                {line}" for line in read_lines("timestamp", "written", "moment"))
            lines.append(self._render("records", method=number, place=place + 1, timestamp=Code(moment)))
        return lines

    def _signed(self) -> list[str]:
        count = len(self._program.methods)
        lines = [f"var signed = new bool[{count}];"]
        for number, key in enumerate(self._plan.keys):
            name = policy_string(f"seccfg-signed-{number}")
            lines.append(
                f"if (context.Variables.ContainsKey({name}) && context.Variables[{name}] is bool && (bool)context.Variables[{name}]) "
                f"{{ signed[{key.method}] = true; }}"
            )
        return lines

    def _principal(self) -> list[str]:
        methods = self._program.methods
        prefixes = texts(m.principal_prefix for m in methods)
        closures = [
            f"case {policy_string(f'{number} {role}')}: roles.AddRange({texts(given)}); break;"
            for number, method in enumerate(methods)
            for role, given in self._program.roles
            if role in method.asserts
        ]
        clients = [
            f"case {policy_string(f'{number} {ident}')}: client = {policy_string(client)}; break;"
            for number, method in enumerate(methods)
            if isinstance(method.verifier, JwtVerifier)
            for client, ident in {i: (c, i) for c, i in reversed(method.verifier.clients)}.values()
        ]
        paths = ", ".join(
            f"new string[][] {{ {texts(v.subject_claim)}, {texts(v.roles_claim)}, {texts(v.scopes_claim)} }}"
            if isinstance(v, JwtVerifier) else "null"
            for v in (m.verifier for m in methods)
        )  # fmt: skip
        return [self._render(
            "principal", prefixes=Code(prefixes), closures=_code(closures), clients=_code(clients),
            paths=Code(f"new string[][][] {{ {paths} }}" if methods else "new string[0][][]"),
        )]  # fmt: skip

    def _forwarded(self) -> list[str]:
        found: dict[tuple[IdentityHeader, ...], list[int]] = {}
        for number, branch in enumerate(self._program.branches):
            if branch.forward is not None and branch.kind == "route":
                found.setdefault(branch.forward.set, []).append(number)

        def put(entries: tuple[IdentityHeader, ...]) -> str:
            return " ".join(
                f"if ({self._slots.text(Slot('identity', e.field))} != null) {{ forward[{policy_string(e.header)}] = "
                f"\"v\" + {self._slots.text(Slot('identity', e.field))}; }}"
                for e in entries
            )

        return [*_by_branch("var forward = new JObject();", found, put), 'result["forward"] = forward;']

    def _left_open(self) -> list[str]:
        found: dict[tuple[tuple[str, ...], tuple[OpenConditions, ...]], list[int]] = {}
        for number, branch in enumerate(self._program.branches):
            if branch.kind == "route" and (branch.always_open or branch.may_be_open):
                found.setdefault((branch.always_open, branch.may_be_open), []).append(number)
        if not found:
            return []

        def put(key: tuple[tuple[str, ...], tuple[OpenConditions, ...]]) -> str:
            always, may_be = key
            lines = [f"opened.AddRange({texts(always)});"] if always else []
            for number, option in enumerate(may_be):
                lines.append(
                    f"{'else ' if number else ''}if ({self._steps.form(option.when)}) {{ opened.AddRange({texts(option.names)}); }}"
                )
            return " ".join(lines)

        return [
            *_by_branch("var opened = new List<string>();", found, put),
            'result["open"] = string.Join(",", opened.Distinct().OrderBy(each => each, StringComparer.Ordinal));',
        ]  # fmt: skip


_STATE = (
    "string reason = null;", "int status = 500;", 'string happened = "";', "int sent = -1;", "int limitedStatus = 429;",
    "var headers = new JObject();", "var counted = new JObject();", "var raised = new JObject();",
    "var charged = new JArray();", "var result = new JObject();",
)  # fmt: skip


def _refusals(node: object) -> Iterator[Refuse]:
    """Every refusal somewhere in a step."""
    if isinstance(node, Refuse):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _refusals(part)
    elif isinstance(node, Record):
        for field in fields(node):
            yield from _refusals(getattr(node, field))


def _does(step: Step) -> bool:
    return bool(step.items) or step.name == "forward"


def _segment(at: int) -> str:
    return f"parts[{at}]" if at >= 0 else f'string.Join("/", parts.Skip({-at - 1}))'


def _code(lines: Iterable[str]) -> Code:
    return Code("\n".join(f"        {line}" for line in lines))


def _by_branch(declared: str, found: Mapping[_K, list[int]], put: Callable[[_K], str]) -> list[str]:
    """*declared*, and then what each group of branches puts in it."""
    lines = [declared]
    cases: list[str] = []
    for key, numbers in found.items():
        text = put(key)
        if text:
            cases += [" ".join(f"case {number}:" for number in numbers), f"    {text}", "    break;"]
    return [*lines, "switch (branch) {", *(f"    {line}" for line in cases), "}"] if cases else lines


def _wrapped(parts: Sequence[str], name: str) -> str:
    """A block that answers 500 whatever goes wrong in it."""
    inner = [f"        {line}" for part in parts for line in part.rstrip("\n").split("\n") if line.strip()]
    failed = (
        f'return new JObject(new JProperty("block", "{name}"), new JProperty("branch", -1), new JProperty("at", "failed"), '
        'new JProperty("pass", false), new JProperty("refusal", new JObject(new JProperty("status", 500), '
        'new JProperty("reason", "internal"), new JProperty("event", "check.failed"), new JProperty("headers", new JObject()))))'
        ".ToString(Formatting.None);"
    )
    lines = [
        "@{", "    try {", *inner, '        result["branch"] = branch;', "        return result.ToString(Formatting.None);",
        "    } catch (Exception) {", f"        {failed}", "    }", "}",
    ]  # fmt: skip
    return "\n".join(lines)
