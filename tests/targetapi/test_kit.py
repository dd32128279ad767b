"""The kit finds what is wrong with a target: it is tried on targets that are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from seccfg.findings import NOWHERE
from seccfg.ir.policy import Policy
from seccfg.record import replace
from seccfg.targetapi.base import Engine, EngineInfo, File, Gap, Output, Target
from seccfg.targetapi.kit import STAGES, Conformance, assert_conforms
from seccfg.targetapi.kit.fields import check_fields
from seccfg.targetapi.kit.hostile_texts import check_hostile
from seccfg.targetapi.kit.leaves import check_leaves
from seccfg.targetapi.kit.noticing import check_mutants
from seccfg.targetapi.kit.project import Project
from seccfg.targetapi.kit.shape import check_shape
from seccfg.targetapi.registry import load_target

MINIMAL = str(Path(__file__).resolve().parents[2] / "examples" / "minimal")
TODAY = "2026-01-05"
ROUTES_ONLY = "routes.py"


class Wrong:
    """A target whose output is whatever *change* makes of the python target's."""

    name = "python"
    summary = "wrong on purpose"

    def __init__(self, change: Callable[[Policy, Output], Output]) -> None:
        self._real = load_target("python")
        self._change = change

    def compile(self, policy: Policy, options: Mapping[str, str]) -> Output:
        return self._change(policy, self._real.compile(policy, options))

    def engines(self) -> Sequence[EngineInfo]:
        return self._real.engines()

    def engine(self, name: str) -> Engine:
        return self._real.engine(name)


def only_routes(policy: Policy, output: Output) -> Output:
    """Forgets all but the routes' names."""
    return replace(output, files=(File(ROUTES_ONLY, repr([route.id for route in policy.routes]).encode()),))


def pasted(policy: Policy, output: Output) -> Output:
    """Puts a text into Python without an encoder."""
    title = policy.evidence.owner
    return replace(output, files=(File("a.py", f'OWNER = "{title}"\n'.encode()),))


def test_the_wrong_target_is_a_target() -> None:
    """What the kit is tried on has the whole interface."""
    assert isinstance(Wrong(only_routes), Target)


def test_a_dropped_leaf_is_found() -> None:
    """A target that forgets the limit is told so, and an exception that is none as well."""
    with Project(MINIMAL, Wrong(only_routes), TODAY) as project:
        found = check_leaves(project, {"rate_limits.per-ip.window": "?", "service.name": "?"}, {})
    assert "rate_limits.per-ip.limit" in found.silent
    assert "rate_limits.per-ip.window" not in found.silent
    assert found.stale == () or "service.name" not in found.silent


def test_a_dropped_field_is_found() -> None:
    """So is a field of a control, and kinds that no policy has."""
    with Project(MINIMAL, Wrong(only_routes), TODAY) as project:
        policy, options = project.policy()
        found = check_fields(Wrong(only_routes), [policy], options, {"Errors.format": "?", "No.such": "?"})
    assert "RateLimit.limit" in found.silent
    assert "Errors.format" not in found.silent
    assert found.stale == ("No.such",)
    assert "CertVerifier" in found.missing


def test_a_pasted_text_is_found(tmp_path: Path) -> None:
    """A quote in a text field that ends a string in a file is a finding."""
    with Project(MINIMAL, Wrong(pasted), TODAY) as project:
        data = project.data()
        data["service"]["owner"] = "owner"  # type: ignore[index]
        project.data = lambda: data  # type: ignore[method-assign]
        found = check_hostile(project)
    assert found.fields == 1
    assert any("service.owner" in problem for problem in found.broken)


@pytest.mark.parametrize(
    "change, complaint",
    [
        (lambda p, o: replace(o, files=(*o.files, File("../x", b""))), "not a plain relative path"),
        (lambda p, o: replace(o, files=(*o.files, o.files[0])), "one comes twice"),
        (lambda p, o: replace(o, gaps=(Gap("Bad_Id", ("tls",), "outside", "w", "b", False),)), "kebab-case"),
        (lambda p, o: replace(o, gaps=(Gap("g", ("tls",), "outside", "w", "", False, pos=NOWHERE),)), "one line each"),
        (lambda p, o: replace(o, gaps=(Gap("g", ("tls",), "delegated", "w", "b", False),)), "names its target"),
        (lambda p, o: replace(o, effective=replace(p, routes=p.routes[:1])), "other routes"),
        (lambda p, o: replace(o, effective=replace(p, roles=(("x", ("x",)),))), "no gap says so"),
    ],
    ids=["path", "twice", "id", "bound", "delegate", "routes", "silent"],
)  # fmt: skip
def test_a_misshapen_output_is_found(change: Callable[[Policy, Output], Output], complaint: str) -> None:
    """Paths, gaps and the effective Policy are looked at."""
    target = Wrong(change)
    with Project(MINIMAL, target, TODAY) as project:
        policy, options = project.policy()
    assert any(complaint in problem for problem in check_shape(target, policy, options))


def test_chance_in_the_output_is_found() -> None:
    """A target that compiles twice to different bytes is no pure function."""
    calls = iter(range(1000))
    target = Wrong(lambda p, o: replace(o, files=(File("a", str(next(calls)).encode()),)))
    with Project(MINIMAL, target, TODAY) as project:
        policy, options = project.policy()
    assert "compiled twice, different output" in check_shape(target, policy, options)


def test_mutants_of_wrong_files_are_not_judged() -> None:
    """When the files differ from the reference as they are, noticing mutants would say nothing."""

    def open_door(policy: Policy, output: Output) -> Output:
        files = tuple(
            replace(file, content=file.content.replace(b"limit=100", b"limit=101")) if file.path.endswith("policy.py") else file
            for file in output.files
        )
        return replace(output, files=files)

    target = Wrong(open_door)
    with Project(MINIMAL, target, TODAY) as project:
        policy, options = project.policy()
    with pytest.raises(ValueError, match="before anything is changed"):
        check_mutants(target, "python-asgi", policy, options, lambda path: False, ())


def test_assert_conforms_says_everything_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One error with every problem of every test."""
    conformance = Conformance(MINIMAL, TODAY, ("python-asgi",), lambda path: False)

    def failing(name: str) -> Callable[[Target, Conformance], Sequence[str]]:
        return lambda target, conformance: [f"{name} is wrong"]

    for name in STAGES:
        monkeypatch.setitem(STAGES, name, failing(name))
    with pytest.raises(AssertionError) as raised:
        assert_conforms(load_target("python"), conformance)
    assert str(raised.value).splitlines() == [f"{name} is wrong" for name in STAGES]
