"""
The rules a file must keep to be a Document at all: id, texts for its page, a bad and a good example that a test runs.

Imported only when a finding is made or a page is shown.
"""

from __future__ import annotations

from seccfg.findings import Finding, Related, Severity, Span, SpecPath
from seccfg.record import Record


class LoadRule(Record):
    """
    One load rule. `bad` breaks exactly this rule, `good` none.

    Both are the text of `file`, stored in `encoding`, with the files of `beside` (name, text) in the same folder, read
    with environment `env`.
    """

    id: str
    name: str
    severity: Severity
    why: str
    fix: str
    refs: tuple[str, ...]
    bad: str
    good: str
    file: str = "seccfg.yaml"
    encoding: str = "utf-8"
    beside: tuple[tuple[str, str], ...] = ()
    env: str = ""


_YAML = "YAML-1.2.2"
_TWO_READERS = "Two readers of the same file would see two different specs, and only one of them was reviewed."

LOAD_RULES: tuple[LoadRule, ...] = (
    LoadRule(
        id="YAML001", name="syntax", severity="error",
        why="The file cannot be read, so nothing in it can be enforced.",
        fix="Correct the syntax at the place shown; a text with special characters is quoted.",
        refs=(_YAML, "RFC8259"),
        bad="hosts: [api.example.com\nname: orders\n",
        good="hosts: [api.example.com]\nname: orders\n",
    ),
    LoadRule(
        id="YAML002", name="tab-indentation", severity="error",
        why="YAML forbids tabs for indentation: how deep a tab goes depends on who looks.",
        fix="Indent with spaces.",
        refs=(f"{_YAML}:6.1",),
        bad="service:\n\tname: orders\n",
        good="service:\n  name: orders\n",
    ),
    LoadRule(
        id="YAML003", name="duplicate-key", severity="error",
        why="Of two values under one key a reader keeps one and drops the other without a word.",
        fix="Keep one of the two.",
        refs=(f"{_YAML}:3.2.1.1", "CWE-694"),
        bad="roles: {viewer: {}, viewer: {}}\n",
        good="roles: {viewer: {}, editor: {}}\n",
    ),
    LoadRule(
        id="YAML004", name="merge-key", severity="error",
        why="A merge key hides which keys a map has and which value wins; YAML 1.2 does not have it.",
        fix="Write the keys out, or use an alias for a whole value.",
        refs=(_YAML,),
        bad="base: &base {name: orders}\nservice: {<<: *base}\n",
        good="base: &base {name: orders}\nservice: *base\n",
    ),
    LoadRule(
        id="YAML005", name="tag", severity="error",
        why="A tag makes a reader build something other than plain data; in some readers, run code.",
        fix="Remove the tag; quote a value that must stay text.",
        refs=(f"{_YAML}:6.9.1", "CWE-502"),
        bad="service: {name: !!str orders}\n",
        good="service: {name: orders}\n",
    ),
    LoadRule(
        id="YAML006", name="key-not-text", severity="error",
        why="A key that is a number, a boolean, null or a collection is another key in another reader, or none.",
        fix="Quote the key.",
        refs=(f"{_YAML}:10.3",),
        bad="status: {401: unauthorized}\n",
        good='status: {"401": unauthorized}\n',
    ),
    LoadRule(
        id="YAML007", name="number-look-alike", severity="error",
        why=f"`010` is 8 in YAML 1.1 and 10 in YAML 1.2; `1_000` is a number in one, text in the other. {_TWO_READERS}",
        fix="Write a plain decimal number, or quote the text.",
        refs=(f"{_YAML}:10.3.2",),
        bad="limit: 010\n",
        good="limit: 10\nname: \"010\"\n",
    ),
    LoadRule(
        id="YAML008", name="base-60-look-alike", severity="error",
        why=f"`15:00` is the number 900 in YAML 1.1 and text in YAML 1.2. {_TWO_READERS}",
        fix="Quote the text; write durations as `15m`.",
        refs=(f"{_YAML}:10.3.2",),
        bad="window: 15:00\n",
        good="window: 15m\nhour: \"15:00\"\n",
    ),
    LoadRule(
        id="YAML009", name="boolean-look-alike", severity="error",
        why=f"`yes`, `no`, `on` and `off` are booleans in YAML 1.1 and text in YAML 1.2. {_TWO_READERS}",
        fix="Write `true` or `false`, or quote the text.",
        refs=(f"{_YAML}:10.3.2",),
        bad="credentials: no\n",
        good="credentials: false\ncountry: \"no\"\n",
    ),
    LoadRule(
        id="YAML010", name="not-utf-8", severity="error",
        why="Text in another encoding is guessed at, and two guesses give two specs.",
        fix="Save the file as UTF-8.",
        refs=(f"{_YAML}:5.2", "RFC3629"),
        bad="title: Café\n",
        good="title: Cafe\n",
        encoding="latin-1",
    ),
    LoadRule(
        id="YAML011", name="control-character", severity="error",
        why="A control character, NUL or half of a surrogate pair is not seen in review and ends text early in some "
        "programs; no spec needs one.",
        fix="Remove it.",
        refs=(f"{_YAML}:5.1", "CWE-158"),
        bad='name: "orders\\0"\n',
        good='name: "orders"\n',
    ),
    LoadRule(
        id="YAML012", name="direction-character", severity="error",
        why="Invisible characters that change the direction of writing make a reviewer see another text than the one "
        "that is read.",
        fix="Remove it; inside double quotes it can be written as an escape.",
        refs=("CVE-2021-42574", "UAX9"),
        bad="owner: team\u202eorders\n",
        good="owner: team-orders\n",
    ),
    LoadRule(
        id="YAML013", name="several-documents", severity="error",
        why="Only one of several documents could be the spec, and which one depends on the reader.",
        fix="Keep one document in a file; use `include:` to split definitions.",
        refs=(f"{_YAML}:9.2",),
        bad="seccfg: 1\n---\nseccfg: 1\n",
        good="---\nseccfg: 1\n",
    ),
    LoadRule(
        id="YAML014", name="empty-file", severity="error",
        why="An empty file protects nothing.",
        fix="Write a spec: `seccfg init` makes one.",
        refs=(),
        bad="# nothing yet\n",
        good="seccfg: 1\n",
    ),
    LoadRule(
        id="YAML015", name="not-a-map", severity="error",
        why="A spec is a map of sections at the top.",
        fix="Write `key: value` lines at the top of the file.",
        refs=(),
        bad="- seccfg\n",
        good="seccfg: 1\n",
    ),
    LoadRule(
        id="YAML016", name="not-finite", severity="error",
        why="Infinity and not-a-number compare in surprising ways: a limit of `.inf` or `.nan` never holds.",
        fix="Write a finite number.",
        refs=("RFC8259:6",),
        bad="limit: .inf\n",
        good="limit: 100\n",
    ),
    LoadRule(
        id="YAML017", name="integer-range", severity="error",
        why="Integers beyond 2^53-1 lose digits in readers that keep numbers as floating point.",
        fix="Quote a number that is a name; no quantity here is that large.",
        refs=("RFC7493:2.2",),
        bad="limit: 9007199254740992\n",
        good="limit: 9007199254740991\n",
    ),
    LoadRule(
        id="YAML018", name="nesting", severity="error",
        why="Maps and lists nested more than 64 deep exhaust programs that read them.",
        fix="Flatten the value.",
        refs=("CWE-674",),
        bad="a: " + "[" * 64 + "]" * 64 + "\n",
        good="a: " + "[" * 63 + "]" * 63 + "\n",
    ),
    LoadRule(
        id="YAML019", name="alias-expansion", severity="error",
        why="Aliases of aliases multiply: a few lines can stand for billions of values.",
        fix="Write the values out, or name them once in the spec's own sections.",
        refs=("CWE-776",),
        bad="a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
        "c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n",
        good="a: &a [1, 2, 3]\nb: [*a, *a]\n",
    ),
    LoadRule(
        id="YAML020", name="alias", severity="error",
        why="An alias must refer to exactly one complete value written before it.",
        fix="Define the anchor once, before its first use.",
        refs=(f"{_YAML}:7.1",),
        bad="a: *missing\n",
        good="a: &there 1\nb: *there\n",
    ),
    LoadRule(
        id="YAML021", name="directive", severity="error",
        why="`%TAG` and `%YAML 1.1` change what the rest of the file means.",
        fix="Remove the directive; files are read as YAML 1.2.",
        refs=(f"{_YAML}:6.8",),
        bad="%YAML 1.1\n---\nseccfg: 1\n",
        good="%YAML 1.2\n---\nseccfg: 1\n",
    ),
    LoadRule(
        id="YAML022", name="malformed-ignore", severity="warning",
        why="A comment that means to ignore a finding and is not understood ignores nothing.",
        fix='Write `# seccfg: ignore[RULE] reason="..." owner=... expires=YYYY-MM-DD`.',
        refs=(),
        bad="seccfg: 1  # seccfg: ignore AUTH004\n",
        good='seccfg: 1  # seccfg: ignore[AUTH004] reason="one audience by contract"\n',
    ),
    LoadRule(
        id="YAML030", name="include-list", severity="error",
        why="`include` names the files whose definitions belong to the spec, each once.",
        fix="Write `include: [shared/auth.yaml]`.",
        refs=(),
        bad="seccfg: 1\ninclude: shared.yaml\n",
        good="seccfg: 1\ninclude: [shared.yaml]\n",
        beside=(("shared.yaml", "roles: {viewer: {}}\n"),),
    ),
    LoadRule(
        id="YAML031", name="include-unreadable", severity="error",
        why="A definition that is not there cannot be enforced.",
        fix="Correct the path, which is relative to the file that includes it.",
        refs=(),
        bad="seccfg: 1\ninclude: [missing.yaml]\n",
        good="seccfg: 1\ninclude: [shared.yaml]\n",
        beside=(("shared.yaml", "roles: {viewer: {}}\n"),),
    ),
    LoadRule(
        id="YAML032", name="include-outside", severity="error",
        why="A file outside the project is not reviewed with it, and a spec from elsewhere must not read what else is "
        "on this machine.",
        fix="Move the file into the project; a symbolic link must not lead out of it either.",
        refs=("CWE-22", "CWE-59"),
        bad="seccfg: 1\ninclude: [../shared.yaml]\n",
        good="seccfg: 1\ninclude: [shared.yaml]\n",
        beside=(("shared.yaml", "roles: {viewer: {}}\n"),),
    ),
    LoadRule(
        id="YAML033", name="include-content", severity="error",
        why="An included file holds definitions only, so that what applies where is read in one file.",
        fix="Move the key into the spec itself.",
        refs=(),
        bad="seccfg: 1\ninclude: [shared.yaml]\n",
        good="seccfg: 1\n",
        beside=(("shared.yaml", "roles: {viewer: {}}\nroutes: {}\n"),),
    ),
    LoadRule(
        id="YAML034", name="include-conflict", severity="error",
        why="One name defined in two files means whichever was read last.",
        fix="Keep one of the two, or rename one.",
        refs=("CWE-694",),
        bad="seccfg: 1\ninclude: [shared.yaml]\nroles: {viewer: {}}\n",
        good="seccfg: 1\ninclude: [shared.yaml]\nroles: {editor: {}}\n",
        beside=(("shared.yaml", "roles: {viewer: {}}\n"),),
    ),
    LoadRule(
        id="YAML040", name="environments-shape", severity="error",
        why="`environments` maps each environment's name to the part of the spec that differs there.",
        fix="Write `environments: {staging: {service: {...}}}`; an overlay has no `include` or `environments` itself.",
        refs=(),
        bad="seccfg: 1\nenvironments: [staging]\n",
        good="seccfg: 1\nenvironments: {staging: {seccfg: 1}}\n",
    ),
    LoadRule(
        id="YAML041", name="overlay-route", severity="error",
        why="A route that exists in one environment only is never reviewed with the others.",
        fix="Declare the route in the spec; the overlay may change what holds for it.",
        refs=(),
        bad="seccfg: 1\nroutes: {/a: {get: {public: true}}}\n"
        "environments: {staging: {routes: {/b: {get: {public: true}}}}}\n",
        good="seccfg: 1\nroutes: {/a: {get: {public: true}}}\n"
        "environments: {staging: {routes: {/a: {get: {reason: probe}}}}}\n",
        env="staging",
    ),
    LoadRule(
        id="YAML042", name="overlay-removes", severity="error",
        why="An overlay that sets a key to nothing would remove what the spec demands.",
        fix="Give the value that holds in this environment.",
        refs=(),
        bad="seccfg: 1\nservice: {name: orders}\nenvironments: {staging: {service: {name: null}}}\n",
        good="seccfg: 1\nservice: {name: orders}\nenvironments: {staging: {service: {name: orders-staging}}}\n",
        env="staging",
    ),
    LoadRule(
        id="YAML050", name="configuration-syntax", severity="error",
        why="A configuration that cannot be read would be ignored, and with it what it demands.",
        fix="Correct the TOML at the place shown.",
        refs=("TOML-1.0.0",),
        bad="select = [\n",
        good='select = ["AUTH"]\n',
        file="seccfg.toml",
    ),
    LoadRule(
        id="YAML051", name="configuration-key", severity="error",
        why="A key nobody reads does nothing, and whoever wrote it thinks it does.",
        fix="Use a known key with a value of its type.",
        refs=(),
        bad='selct = ["AUTH"]\n',
        good='select = ["AUTH"]\n',
        file="seccfg.toml",
    ),
)  # fmt: skip

_BY_ID = {rule.id: rule for rule in LOAD_RULES}


def load_finding(
    rule: str, message: str, at: Span, *, help: str = "", related: tuple[Related, ...] = (), spec_path: SpecPath = ()
) -> Finding:
    """A finding of the load rule *rule*, with the rule's fix as help where the place has none of its own."""
    known = _BY_ID[rule]
    return Finding(rule, known.severity, message, at, help or known.fix, related, spec_path)
