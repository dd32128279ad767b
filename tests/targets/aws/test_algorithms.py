"""Algorithms the function cannot check: said with the way out, in the way of the build, and never let through."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seccfg import api
from seccfg.ir import policy as ir
from seccfg.targetapi.gaps import blocking
from seccfg_aws import TARGET

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "minimal"


def _spec(folder: Path, algorithms: str) -> Path:
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    place = folder / "seccfg.yaml"
    place.write_text(place.read_text().replace("algorithms: [RS256]", f"algorithms: [{algorithms}]"))
    return place


@pytest.mark.parametrize("name", ["PS256", "PS512", "ES384", "ES512", "EdDSA"])
def test_it_is_a_gap_with_the_way_out(name: str, tmp_path: Path) -> None:
    """Of a method that takes another one as well, that one is left."""
    output = TARGET.compile(api.policy(api.load(str(_spec(tmp_path, f"RS256, {name}")))), {})
    (gap,) = (gap for gap in output.gaps if gap.id == "token-algorithm")
    assert (gap.kind, gap.bound, gap.place) == ("unsupported", f"{name} refused", "auth.users.algorithms")
    assert f"has no {name}" in gap.why
    assert "ES256, RS256, RS384, RS512" in gap.why
    (verifier,) = (v for v in output.effective.verifiers if isinstance(v, ir.JwtVerifier))
    assert verifier.algorithms == ("RS256",)


def test_it_is_in_the_way_of_the_build(tmp_path: Path) -> None:
    """Until the spec accepts it, whatever else is built."""
    policy = api.policy(api.load(str(_spec(tmp_path, "RS256, PS256"))))
    gaps = TARGET.compile(policy, {}).gaps
    stopping = [gap.id for gap in gaps if blocking(gap, "aws", policy, {"aws": gaps, "python": ()}, "2026-01-05")]
    assert stopping == ["token-algorithm"]
