"""The edits apigeelint says nothing of: each is refused by the engine's own table, or changes a decision."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from seccfg.ir.request import Request
from seccfg.targetapi.observe import EngineFailed
from seccfg_apigee.engine import BundleEngine
from seccfg_apigee.engine_bundle import Bundle

P = "apiproxy/policies/"
PROXY = "apiproxy/proxies/default.xml"
EDITS = {
    "VerifyJWT: a child misspelt": (P + "VJ-users-RS.xml", "Issuer>", "Isuer>"),
    "VerifyJWT: the audience misspelt": (P + "VJ-users-RS.xml", "Audience>", "Audiance>"),
    "VerifyJWT: algorithm none": (P + "VJ-users-RS.xml", "RS256", "none"),
    "VerifyJWT: no algorithm": (P + "VJ-users-RS.xml", r"\s*<Algorithm>.*</Algorithm>", ""),
    "VerifyJWT: no issuer": (P + "VJ-users-RS.xml", r"\s*<Issuer>.*</Issuer>", ""),
    "VerifyJWT: a symmetric algorithm": (P + "VJ-users-RS.xml", "RS256", "RS256,HS256"),
    "VerifyJWT: passes over failures": (P + "VJ-users-RS.xml", 'continueOnError="false"', 'continueOnError="true"'),
    "RaiseFault: a child misspelt": (P + "RF-Refuse.xml", "FaultResponse>", "FaultRespons>"),
    "RaiseFault: passes over failures": (P + "RF-Refuse.xml", 'continueOnError="false"', 'continueOnError="true"'),
    "RaiseFault: switched off": (P + "RF-Refuse.xml", 'enabled="true"', 'enabled="false"'),
    "RaiseFault: no status": (P + "RF-Refuse.xml", r"\s*<StatusCode>.*</StatusCode>", ""),
    "Quota: no such unit": (P + "Q-0.xml", ">minute<", ">fortnight<"),
    "Quota: no such type": (P + "Q-0.xml", 'type="calendar"', 'type="kalendar"'),
    "Quota: on one node": (P + "Q-0.xml", r"\s*<Distributed>true</Distributed>", ""),
    "Quota: one counter for all": (P + "Q-0.xml", r"\s*<Identifier .*/>", ""),
    "Javascript: switched off": (P + "JS-Decide.xml", 'enabled="true"', 'enabled="false"'),
    "Javascript: passes over failures": (P + "JS-Enter.xml", 'continueOnError="false"', 'continueOnError="true"'),
    "Javascript: a resource that is not there": (P + "JS-Decide.xml", "jsc://seccfg-decide", "jsc://seccfg-decided"),
    "JSONThreatProtection: a limit left out": (P + "JT-Body.xml", r"\s*<ContainerDepth>.*</ContainerDepth>", ""),
    "a variable misspelt in a gate": (PROXY, "seccfg.gate ", "seccfg.gates "),
    "a variable misspelt in a condition": (PROXY, "seccfg.verify.VJ", "seccfg.verfy.VJ"),
    "the last flow removed": (PROXY, r'\s*<Flow name="everything-else">[\s\S]*?</Flow>', ""),
    "a verifier detached": (PROXY, r"\s*<Step>\s*<Name>VJ-users-RS</Name>[\s\S]*?</Step>", ""),
    "the decision detached": (PROXY, r"\s*<Step>\s*<Name>JS-Decide</Name>[\s\S]*?</Step>", ""),
    "a step that names no policy": (PROXY, "<Name>RF-Refuse</Name>", "<Name>RF-refuse</Name>"),
    "a rule that leads nowhere": (PROXY, "<TargetEndpoint>main</TargetEndpoint>", "<TargetEndpoint>mian</TargetEndpoint>"),
    "the fault rule not enforced": (PROXY, "<AlwaysEnforce>true</AlwaysEnforce>", "<AlwaysEnforced>true</AlwaysEnforced>"),
    "upstream certificates not checked": ("apiproxy/targets/main.xml", "<URL>", "<SSLInfo/><URL>"),
}  # fmt: skip


def edited(files: Mapping[str, bytes], path: str, pattern: str, text: str) -> dict[str, bytes]:
    before = files[path].decode()
    after = re.sub(pattern, text, before)
    assert after != before, f"{path} has no {pattern}"
    return {**files, path: after.encode()}


@pytest.mark.parametrize("name", sorted(EDITS))
def test_an_edit_is_refused(name: str, build: Callable[[str], dict[str, bytes]]) -> None:
    """The bundle as it stands is taken, with the edit it is not."""
    files = build("minimal")
    Bundle(files)
    with pytest.raises(EngineFailed):
        Bundle(edited(files, *EDITS[name]))


@pytest.mark.parametrize(
    ("path", "pattern", "text"),
    [
        (PROXY, r'\(seccfg\.gate != "go"\)', '(seccfg.gate = "stopped")'),
        (PROXY, r'\(seccfg\.decision != "allow"\)', '(seccfg.decision = "denied")'),
        ("apiproxy/resources/jsc/seccfg-decide.js", r'"seccfg.decision", "deny"', '"seccfg.decision", "allow"'),
    ],
)
def test_a_gate_the_other_way_round_is_no_gate_but_the_next_one_holds(
    path: str, pattern: str, text: str, build: Callable[[str], dict[str, bytes]], serve: Callable[..., BundleEngine]
) -> None:
    """One mistake opens nothing: the last flow refuses what was not allowed. The answer may be another one."""
    files = edited(build("minimal"), path, pattern, text)
    files["bundle.zip"] = archive(files)
    engine = serve(files)
    request = Request("GET", "/notes", (("Host", "notes.example.com"),))
    response, received, _, _ = engine.exchange(request)
    assert received is None
    assert response.status >= 400


def archive(files: Mapping[str, bytes]) -> bytes:
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for path, content in files.items():
            if path.startswith("apiproxy/"):
                made.writestr(path, content)
    return held.getvalue()
