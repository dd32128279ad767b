"""Small changes to the bundle, one at a time: the table or a decision shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from seccfg import api
from seccfg.analyse.exchange import exchange
from seccfg.analyse.requests import NOW_S
from seccfg.findings import SeccfgError
from seccfg.ir.request import differences
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.targetapi.kit.mutation_markup import javascript_changes, xml_changes
from seccfg.verify.boundary.plan import plan
from seccfg_apigee import TARGET
from seccfg_apigee.engine import BundleEngine

MINIMAL = Path(__file__).resolve().parents[3] / "examples" / "minimal" / "seccfg.yaml"
GENERATED = re.compile(r"apiproxy/(policies|proxies)/.*\.xml|apiproxy/resources/jsc/seccfg-(policy|router|step-\d+|branch-\d+)\.js")
UNSHOWN = re.compile(
    r"(AM-(Headers|HideUpstreamError)|JT-Body|ML-Audit|RF-Refuse)\.xml .*"  # no part of what must be equal, or behind it
    r"|JS-\w+\.xml (Javascript@timeLimit|Javascript/IncludeURL)|default\.xml .*(Description|Response|PostFlow|PreFlow@name).*"
    r"|\w+-?\S*\.xml \S+@name"
)
"""Changes no request can show: texts of answers, time limits, the order of independent scripts."""


SAMPLE = 12


@pytest.mark.slow
def test_changes_are_noticed(need_engine: Callable[[str, str], None]) -> None:
    """A fixed sample of all changes; 95 in a hundred of them show."""
    need_engine("apigee", "apigee-rhino")
    ring = exchange(api.policy(api.load(str(MINIMAL))), NOW_S)
    output = TARGET.compile(ring.build, {})
    files = {file.path: file.content for file in output.files}
    scenarios = [s for s in plan(ring).scenarios if len(s.requests) <= 120]
    asked = [s for n, s in enumerate(scenarios) if n % 6 == 0 or "limit" in s.id]
    expected = []
    for scenario in asked:
        state = State(scenario.surroundings)
        expected.append([decide(output.effective, request, state) for request in scenario.requests])

    def noticed(path: str, content: bytes) -> bool:
        engine = BundleEngine()
        try:
            engine.start({**files, path: content}, ring.environment)
            for scenario, decisions in zip(asked, expected, strict=True):
                engine.reset(scenario.surroundings)
                for request, decision in zip(scenario.requests, decisions, strict=True):
                    if differences(decision, engine.answer(request)):
                        return True
        except SeccfgError:
            return True
        return False

    every = [
        (path, f"{path} {change.place} {change.what}", change.content)
        for path in sorted(files) if GENERATED.fullmatch(path)
        for change in (xml_changes if path.endswith(".xml") else javascript_changes)(files[path])
        if not UNSHOWN.fullmatch(f"{path.rpartition('/')[2]} {change.where}")
    ]  # fmt: skip
    chosen = [every[n] for n in sorted(Random(7).sample(range(len(every)), SAMPLE))]
    survivors = [named for path, named, content in chosen if not noticed(path, content)]
    assert len(every) > 300
    assert len(survivors) <= SAMPLE * 0.05, "\n".join(survivors)
