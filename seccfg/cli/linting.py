"""What `seccfg lint` does once its options are known."""

from __future__ import annotations

import os
from collections.abc import Sequence

from seccfg.cli import exits, inputs
from seccfg.cli.checking import Checked, check_spec
from seccfg.cli.console import ColorChoice, Console
from seccfg.cli.render import render
from seccfg.findings import InputError, Severity
from seccfg.lint.selection import Selection, renamed, selection
from seccfg.record import Record, replace
from seccfg.source import project
from seccfg.source.config import Levels

__all__ = ["Settings", "Wish", "in_baseline_terms", "lint", "settings_of"]

_RANK: dict[Severity, int] = {"note": 0, "warning": 1, "error": 2}


class Wish(Record):
    """Options of the command line; what is empty or None is left to the configuration of each spec's project."""

    format: str = ""
    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: str = ""
    min_confidence: str = ""
    fail_level: Severity | None = None
    deny_suppressions: tuple[str, ...] = ()
    """Rules that nothing silences, besides those the configuration says are mandatory."""
    no_ignores: bool = False
    baseline: str = ""
    prune: bool = False


class Settings(Record):
    """What holds for the specs of one project."""

    root: str
    config: project.Config
    selected: Selection
    format: str
    fail_level: Severity
    baseline: str
    """Path of the file; empty: none."""


def settings_of(path: str, wish: Wish, known: dict[str, Settings]) -> Settings:
    """The settings for the spec at *path*; *known* keeps those of each project, before any that hold for some paths only."""
    root = project.project_root(path)
    if root not in known:
        config = project.load_config(root)
        configured = inputs.from_here(os.path.join(root, config.baseline)) if config.baseline else ""
        known[root] = Settings(
            root, config, _selected(config, wish), wish.format or config.format, wish.fail_level or config.fail_level,
            wish.baseline or configured,
        )  # fmt: skip
    settings = known[root]
    if not settings.config.per_path:
        return settings
    from seccfg.cli.overrides import for_path

    extra = for_path(settings.config, root, path)
    return replace(settings, selected=_selected(settings.config, wish, extra.ignore, extra.severity))


def _selected(config: project.Config, wish: Wish, ignore: tuple[str, ...] = (), severity: Levels = ()) -> Selection:
    return selection(
        wish.select or config.select, (*(wish.ignore or config.ignore), *ignore),
        extend_select=wish.extend_select or config.extend_select, profile=wish.profile or config.profile,
        min_confidence=wish.min_confidence or config.min_confidence,
        mandatory=(*config.mandatory, *wish.deny_suppressions), no_ignores=wish.no_ignores,
        severity=(*config.severity, *severity),
    )  # fmt: skip


def in_baseline_terms(spec: str, baseline: str) -> str:
    """How a baseline names a spec: relative to its own folder, with `/`."""
    return os.path.relpath(os.path.abspath(spec), os.path.dirname(os.path.abspath(baseline))).replace(os.sep, "/")


def lint(paths: Sequence[str], wish: Wish = Wish(), *, now: str | None = None, color: ColorChoice = "auto") -> int:  # noqa: B008
    """Check the specs *paths* mean and print what is found; the exit code."""
    console = Console(color)
    day = inputs.today(now)
    selection(wish.select, wish.ignore, extend_select=wish.extend_select, mandatory=wish.deny_suppressions)
    told = dict.fromkeys(renamed((*wish.select, *wish.ignore, *wish.extend_select, *wish.deny_suppressions)))
    results: list[Checked] = []
    codes: list[int] = []
    specs = inputs.spec_paths(paths)
    if not specs:
        console.err(inputs.NO_SPEC)
        return exits.NO_INPUT
    known: dict[str, Settings] = {}
    format = wish.format
    baselines = _Baselines(console, wish.prune)
    for path in specs:
        try:
            settings = settings_of(path, wish, known)
            format = format or settings.format
            checked = baselines.apply(check_spec(path, day, settings.selected), settings)
        except InputError as error:
            console.err(f"error: {error}\n")
            codes.append(exits.INVALID)
            continue
        told |= dict.fromkeys((*_renamed(settings.config), *checked.notices))
        results.append(checked)
        codes.append(_code(checked, settings.fail_level))
    if results:
        console.out(render(results, format, console))
    baselines.finish()
    console.err("".join(f"notice: {notice}\n" for notice in told))
    return exits.worst(codes)


def _renamed(config: project.Config) -> tuple[str, ...]:
    """Names in the configuration that rules no longer have."""
    levels = [name for name, _ in (*config.severity, *(level for path in config.per_path for level in path.severity))]
    ignored = (*config.ignore, *(name for path in config.per_path for name in path.ignore))
    return renamed((*config.select, *config.extend_select, *ignored, *config.mandatory, *levels))


class _Baselines:
    """The baselines of a run, each read when the first spec asks for it."""

    def __init__(self, console: Console, prune: bool) -> None:
        self._console = console
        self._prune = prune
        self._read: dict[str, object] = {}

    def apply(self, checked: Checked, settings: Settings) -> Checked:
        """*checked* with what the baseline lists marked as ignored."""
        path = settings.baseline
        if not path:
            if self._prune:
                raise InputError("`--prune` needs a baseline")
            return checked
        from seccfg.lint import baseline

        if path not in self._read:
            self._read[path] = baseline.read(path)
        found = self._read[path]
        if not checked.loads or not isinstance(found, baseline.Baseline):
            return checked
        spec = in_baseline_terms(checked.path, path)
        return replace(checked, findings=found.apply(checked.findings, checked.data, spec, settings.selected.has))

    def finish(self) -> None:
        """Say what is stale, or take it out."""
        if self._read:
            from seccfg.cli.baselines import finish

            finish(self._read, self._prune, self._console)


def _code(checked: Checked, fail_level: Severity) -> int:
    if not checked.loads:
        return exits.INVALID
    least = _RANK[fail_level]
    return exits.FINDINGS if any(_RANK[finding.severity] >= least for finding in checked.counting()) else exits.FINE
