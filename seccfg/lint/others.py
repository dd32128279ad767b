"""The page that says which rule of ours covers each rule of other tools, from docs/rules-of-others.yaml."""

from __future__ import annotations

from typing import Any

import yaml

from seccfg.lint.catalogue import RuleText

__all__ = ["DATA", "PAGE", "others_page"]

DATA = "docs/rules-of-others.yaml"
PAGE = "docs/rules-of-others.md"


def others_page(text: str, rules: tuple[RuleText, ...]) -> str:
    """
    The page, from the text of the data file.

    Raises:
        ValueError: an entry names a rule that does not exist, says both or neither of `by` and `why`, stands twice,
            or is missing.
    """
    names = {rule.id: rule.name for rule in rules}
    lines = [
        "# Rules of other tools",
        "",
        "What others check, and which rule here does: for readers who come from those tools, and for us to see what is "
        "missing. Written by `make generate` from `docs/rules-of-others.yaml`.",
        "",
    ]
    for tool in yaml.safe_load(text):
        entries, proposed = tool["rules"], tool.get("proposed", [])
        known = [entry["rule"] for entry in (*entries, *proposed)]
        twice = [rule for rule in known if known.count(rule) > 1]
        if twice or len(entries) != tool["count"]:
            raise ValueError(f"{DATA}: {tool['tool']} has {len(entries)} rules of {tool['count']}, twice: {twice}")
        covered = sum("by" in entry for entry in entries)
        lines += [
            f"## {tool['tool']}",
            "",
            f"{tool['judges']}; <{tool['source']}>, {tool['version']}, compared with `{tool['read']}` at commit "
            f"`{tool['commit']}`. {covered} of {len(entries)} have a rule here.",
            "",
            *_table(entries, names),
            "",
        ]
        if proposed:
            lines += ["Proposed there, and neither in a release nor on its main branch:", "", *_table(proposed, names), ""]
    return "\n".join(lines)


def _table(entries: list[dict[str, Any]], names: dict[str, str]) -> list[str]:
    return ["| rule | here |", "|---|---|", *(f"| {_named(entry)} | {_here(entry, names)} |" for entry in entries)]


def _named(entry: dict[str, Any]) -> str:
    return f"`{entry['rule']}`" + (f" {entry['what']}" if "what" in entry else "")


def _here(entry: dict[str, Any], names: dict[str, str]) -> str:
    if ("by" in entry) == ("why" in entry):
        raise ValueError(f"{DATA}: {entry['rule']} says not exactly one of `by` and `why`")
    if "why" in entry:
        return f"none: {entry['why']}"
    unknown = [rule for rule in entry["by"] if rule not in names]
    if unknown:
        raise ValueError(f"{DATA}: there is no rule {unknown[0]}")
    return ", ".join(f"[{rule}](rules/{rule}.md) {names[rule]}" for rule in entry["by"])
