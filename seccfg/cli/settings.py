"""`seccfg lint --show-settings`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from seccfg.cli import exits, inputs
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.linting import Settings, Wish, settings_of
from seccfg.lint.selection import selection
from seccfg.source import project
from seccfg.source.config import Levels, PathConfig
from seccfg.source.files import show

__all__ = ["show_settings"]

_OPTIONS: Final = (
    "select", "extend_select", "ignore", "profile", "min_confidence", "mandatory", "baseline", "fail_level", "format", "targets",
    "output", "severity", "per_path",
)  # fmt: skip
_OWN_OPTION: Final = {"mandatory": "deny_suppressions"}


def show_settings(paths: Sequence[str], wish: Wish, color: ColorChoice) -> int:
    """Print, for each project the specs of *paths* belong to, every setting and where it comes from."""
    console = Console(color)
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    selection(wish.select, wish.ignore, extend_select=wish.extend_select, mandatory=wish.deny_suppressions)
    known: dict[str, Settings] = {}
    for spec in specs:
        settings_of(spec, wish, known)
    blocks = ["\n".join(_lines(settings, wish)) for settings in known.values()]
    console.out("\n\n".join(blocks) + "\n")
    return exits.FINE


def _lines(settings: Settings, wish: Wish) -> Iterator[str]:
    yield f"project {show(inputs.from_here(settings.root))}"
    config = settings.config
    places = {
        name: f"{show(inputs.from_here(span.path))}:{span.line}" for name, span in project.places_of(config).items()
    }
    for name in _OPTIONS:
        option = _OWN_OPTION.get(name, name)
        asked = getattr(wish, option, None)
        if name == "mandatory" and config.mandatory and asked:
            yield f"{name} = {_shown((*config.mandatory, *asked))}  # {places[name]} and --deny-suppressions"
        elif asked:
            yield f"{name} = {_shown(asked)}  # --{option.replace('_', '-')}"
        elif name in places:
            yield f"{name} = {_configured(config, name)}  # {places[name]}"
        else:
            yield f"{name} = {_configured(config, name)}  # default"


def _configured(config: project.Config, name: str) -> str:
    if name == "severity":
        return _levels(config.severity)
    if name == "per_path":
        return "{" + ", ".join(f'"{show(entry.pattern)}" = {_shown(entry)}' for entry in config.per_path) + "}"
    return _shown(getattr(config, name))


def _levels(levels: Levels) -> str:
    return "{" + ", ".join(f'{show(rule)} = "{level}"' for rule, level in levels) + "}"


def _shown(value: object) -> str:
    if isinstance(value, PathConfig):
        return f"{{ignore = {_shown(value.ignore)}, severity = {_levels(value.severity)}}}"
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{show(str(item))}"' for item in value) + "]"
    return f'"{show(str(value))}"'
