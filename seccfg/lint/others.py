"""The page that says which rule of ours covers each rule of other tools, from docs/rules-of-others.yaml."""

from __future__ import annotations

import yaml

from seccfg.lint.catalogue import RuleText

__all__ = ["DATA", "PAGE", "others_page"]

DATA = "docs/rules-of-others.yaml"
PAGE = "docs/rules-of-others.md"


def others_page(text: str, rules: tuple[RuleText, ...]) -> str:
    """
    The page, from the text of the data file.

    Raises:
        ValueError: an entry names a rule that does not exist, says both or neither of `by` and `why`, or stands twice.
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
        entries = tool["rules"]
        covered = sum("by" in entry for entry in entries)
        lines += [
            f"## {tool['tool']}",
            "",
            f"{tool['judges']}; <{tool['source']}>, {tool['version']}. {covered} of {len(entries)} have a rule here.",
            "",
            "| rule | here |",
            "|---|---|",
        ]
        seen: set[str] = set()
        for entry in entries:
            if entry["rule"] in seen or ("by" in entry) == ("why" in entry):
                raise ValueError(f"{DATA}: {entry['rule']} stands twice, or says not exactly one of `by` and `why`")
            seen.add(entry["rule"])
            lines.append(f"| {_named(entry)} | {_here(entry, names)} |")
        lines.append("")
    return "\n".join(lines)


def _named(entry: dict[str, str]) -> str:
    return f"`{entry['rule']}`" + (f" {entry['what']}" if "what" in entry else "")


def _here(entry: dict[str, str | list[str]], names: dict[str, str]) -> str:
    if "why" in entry:
        return f"none: {entry['why']}"
    unknown = [rule for rule in entry["by"] if rule not in names]
    if unknown:
        raise ValueError(f"{DATA}: there is no rule {unknown[0]}")
    return ", ".join(f"[{rule}](rules/{rule}.md) {names[rule]}" for rule in entry["by"])
