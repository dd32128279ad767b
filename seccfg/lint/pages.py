"""The page of a rule and the list of all, in Markdown, from the rule itself."""

from __future__ import annotations

from collections.abc import Sequence

from seccfg.lint.catalogue import RuleText

__all__ = ["HOW_FIXED", "index_page", "rule_page", "where_it_shows"]

_AREAS = {
    "AUTH": "How a request proves who it is",
    "AUTHZ": "What may be done",
    "INPUT": "What a request may hold",
    "LIMIT": "How much",
    "CORS": "Pages of other origins",
    "TLS": "Transport",
    "AUDIT": "The audit trail",
    "TOKEN": "Tokens and sessions",
    "DATA": "The shape of a spec",
    "REF": "Names that stand for something else",
    "YAML": "Files",
}
HOW_FIXED = {
    "": "",
    "safe": " `seccfg lint --fix` does it where that is all there is to it.",
    "unsafe": " `seccfg lint --fix --unsafe-fixes` does it where it can: look at what it changes first (`--diff`).",
}
"""What to add to a rule's own words, by the kind of its fix."""


def rule_page(rule: RuleText) -> str:
    """The page of one rule."""
    to_do = f"**What to do.** {rule.fix}{HOW_FIXED[rule.fixed]}"
    lines = [f"# {rule.id}: {rule.name}", "", _facts(rule), "", rule.why, "", to_do, ""]
    if rule.bad:
        lines += [
            "## Refused" if rule.stage == "load" else "## Found",
            "",
            *_example(rule, rule.bad),
            "## Fine",
            "",
            *_example(rule, rule.good),
        ]
        if not rule.whole:
            lines += ["Both are merged onto the minimal spec (`examples/minimal`) and run by the test suite.", ""]
    if rule.stage == "lint":
        lines += ["## Where it shows", "", *(f"- {line}" for line in where_it_shows(rule)), ""]
    if rule.refs:
        lines += ["## References", "", *(f"- {_reference(ref)}" for ref in rule.refs), ""]
    lines += ["## Silencing", "", _silencing(rule), ""]
    return "\n".join(lines)


def where_it_shows(rule: RuleText) -> list[str]:
    """Which files differ between the two examples, and which evidence rests on the rule."""
    files = ", ".join(rule.targets) or "none; no emitted file depends on it"
    return [f"Targets: {files}", f"Controls: {', '.join(rule.controls) or 'none needs it'}"]


def index_page(rules: Sequence[RuleText]) -> str:
    """The list of all rules, by area."""
    lines = [
        "# Rules",
        "",
        "Errors stop a build, warnings fail `seccfg lint`, notes are only said. Rules of the stage *load* are kept "
        "before a spec is one: nothing silences their errors. `--fix` puts right what has a *safe* fix, `--unsafe-fixes` "
        "what has an *unsafe* one too. `seccfg explain RULE` prints a page, `seccfg rules` this list.",
        "",
    ]
    for area, title in _AREAS.items():
        listed = [rule for rule in rules if rule.area == area]
        if listed:
            lines += [f"## {area}: {title}", "", "| rule | name | severity | stage | fix |", "|---|---|---|---|---|"]
            lines += [f"| [{r.id}]({r.id}.md) | {r.name} | {r.severity} | {r.stage} | {r.fixed} |" for r in listed]
            lines.append("")
    unlisted = sorted({rule.area for rule in rules} - set(_AREAS))
    if unlisted:
        raise ValueError(f"areas without a title: {', '.join(unlisted)}")
    return "\n".join(lines)


def _facts(rule: RuleText) -> str:
    facts = [f"severity: {rule.severity}", f"stage: {rule.stage}"]
    if rule.stage == "lint":
        facts += [f"confidence: {rule.confidence}", f"since: {rule.since}"]
    return " · ".join(facts)


def _example(rule: RuleText, text: str) -> list[str]:
    language = "toml" if rule.file.endswith(".toml") else "yaml"
    shown = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    fence = "````" if "```" in shown else "```"
    return [f"{fence}{language}", *shown.rstrip("\n").split("\n"), fence, ""]


def _reference(ref: str) -> str:
    """A reference, linked where it names a public document with a stable address."""
    name, _, part = ref.partition(":")
    if ref.startswith("https://"):
        return f"<{ref}>"
    if name.startswith("RFC") and name[3:].isdigit():
        section = f", section {part}" if part else ""
        anchor = f"#section-{part}" if part else ""
        return f"[RFC {name[3:]}{section}](https://www.rfc-editor.org/rfc/rfc{name[3:]}{anchor})"
    if name.startswith("CWE-"):
        return f"[{name}](https://cwe.mitre.org/data/definitions/{name[4:]}.html)"
    return ref


def _silencing(rule: RuleText) -> str:
    if rule.stage == "load" and rule.severity == "error":
        return "Not possible: a spec that breaks this rule is not read."
    if rule.id in ("REF101", "REF102", "REF103"):
        return "Not possible: it judges what silences others. Leave it out of a run with `--ignore`."
    return (
        f'On the line or the one above: `# seccfg: ignore[{rule.id}] reason="..." owner=... expires=YYYY-MM-DD`; or an '
        f"entry `{{rule: {rule.id}, at: ..., reason: ..., owner: ..., expires: ...}}` of `waivers`, `at` as"
        " `seccfg lint` prints it."
    )
