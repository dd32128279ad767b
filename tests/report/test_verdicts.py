"""Verdicts: what flips them, what never raises them, and what makes them partial."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import pytest
import yaml

from seccfg.findings import Finding, InputError, Span
from seccfg.lint.catalogue import lint_rules
from seccfg.lint.selection import ALL_RULES, selection
from seccfg.record import replace
from seccfg.report.assemble import assemble
from seccfg.report.mapping import built_in, from_folder
from seccfg.report.model import VERDICTS, Executed, Observation, TargetSummary
from seccfg.report.render import FORMATS, render
from seccfg.targetapi.base import Gap
from tests.report.conftest import ALL_TESTS, DATA, MakeReport, all_well, material, verdicts

CLEAN = (DATA / "seccfg.yaml").read_text()
REMOVED = object()

FLIPS: tuple[tuple[str, object, str], ...] = (
    ("service.owner", REMOVED, "gdpr:24 gdpr:30 gdpr:5(2) owasp-api:API9 pci-dss:12.5.1 soc2:CC2.1 soc2:CC4.2"),
    (
        "service.contact",
        REMOVED,
        "gdpr:33 hipaa:164.308(a)(6)(ii) pci-dss:10.7.3 pci-dss:12.10.5 soc2:CC7.3 soc2:CC7.4",
    ),
    ("auth.staff.max_token_age", REMOVED, "hipaa:164.312(a)(2)(iii)"),
    ("auth.partner.rotation", REMOVED, "pci-dss:8.3.9 pci-dss:8.6.3 soc2:CC6.2"),
    ("clients.nightly.owner", REMOVED, "owasp-api:API9 pci-dss:7.2.5 pci-dss:7.2.5.1 pci-dss:8.6.1 soc2:CC6.2"),
    ("sessions.access_ttl", REMOVED, "pci-dss:8.2.8=not-applicable"),
    ("sessions.revocation", REMOVED, "gdpr:32(1)(b) hipaa:164.308(a)(3)(ii)(C) pci-dss:8.2.5 soc2:CC6.2 soc2:CC6.3"),
    (
        "roles.clerk.owner",
        REMOVED,
        "hipaa:164.308(a)(3)(i) hipaa:164.308(a)(3)(ii)(A) pci-dss:7.2.1 pci-dss:7.2.3 pci-dss:7.2.4",
    ),
    ("roles.clerk.reviewed", REMOVED, "hipaa:164.308(a)(4)(ii)(C) pci-dss:7.2.4 soc2:CC6.3"),
    ("tls.hsts", REMOVED, "hipaa:164.312(e)(2)(ii) owasp-api:API8 pci-dss:2.2.7"),
    ("tls.certificates", REMOVED, "pci-dss:4.2.1.1"),
    ("headers", REMOVED, "gdpr:25(2) owasp-api:API8 pci-dss:2.2.6 soc2:CC6.6"),
    ("audit.events", REMOVED, "hipaa:164.312(b) pci-dss:10.2.1.1 pci-dss:10.2.1.2"),
    ("audit.subject", REMOVED, "gdpr:25(1) gdpr:32(1)(a) pci-dss:3.5.1"),
    ("audit.retention.min", REMOVED, "pci-dss:10.5.1"),
    ("audit.retention.hot", REMOVED, "pci-dss:10.5.1"),
    ("audit.retention.max", REMOVED, "gdpr:5(1)(e) pci-dss:3.2.1 soc2:C1.2"),
    (
        "audit.sinks",
        REMOVED,
        "gdpr:28 hipaa:164.308(a)(1)(ii)(D) hipaa:164.312(b) pci-dss:10.2.1 pci-dss:10.3.2 pci-dss:10.3.3 soc2:CC7.2",
    ),
    ("defaults.require", REMOVED, "pci-dss:8.4.2"),
    (
        "defaults.rate_limits",
        ["logins"],
        "gdpr:32(1)(b) gdpr:5(1)(f) owasp-api:API4 owasp-api:API6 owasp-api:API9 pci-dss:6.2.4 soc2:A1.1 soc2:CC6.6",
    ),
    (
        "defaults.rate_limits",
        ["per-ip"],
        "gdpr:32(1)(b) hipaa:164.308(a)(5)(ii)(C) owasp-api:API2 owasp-api:API4 owasp-api:API9 pci-dss:8.3.4 "
        "soc2:CC6.6",
    ),
    ("screen", REMOVED, "pci-dss:6.4.2"),
    ("routes./tenants/{tenant}/payments.params", REMOVED, "gdpr:5(1)(d) hipaa:164.312(c)(1) pci-dss:6.2.4 soc2:PI1.2"),
    (
        "routes./tenants/{tenant}/payments.post.body",
        REMOVED,
        "gdpr:5(1)(d) hipaa:164.312(c)(1) owasp-api:API3 pci-dss:6.2.4 soc2:PI1.2",
    ),
    (
        "routes./tenants/{tenant}/payments.post.body.schema.additionalProperties",
        REMOVED,
        "hipaa:164.312(c)(1) owasp-api:API3 pci-dss:6.2.4",
    ),
    (
        "upstreams.main.url",
        "http://pay.internal.example.com",
        "gdpr:32(1)(a) gdpr:5(1)(f) hipaa:164.312(e)(1) owasp-api:API10 owasp-api:API7 owasp-api:API8 "
        "pci-dss:2.2.5 pci-dss:4.2.1 soc2:CC6.7",
    ),
    ("upstreams.main.timeout", "5m", "gdpr:32(1)(b) owasp-api:API10 owasp-api:API4 pci-dss:2.2.6 soc2:A1.2"),
    ("errors.details", "shown", "gdpr:5(1)(f) owasp-api:API8 pci-dss:6.2.4 soc2:CC6.7"),
    ("forward.credentials", "keep", "gdpr:5(1)(c) hipaa:164.502(b) pci-dss:8.3.2 soc2:CC6.7"),
    ("body.max", "20MiB", "owasp-api:API4 pci-dss:2.2.6 pci-dss:6.2.4 soc2:A1.1 soc2:CC6.6"),
    ("auth.partner.in", {"query": "key"}, "hipaa:164.312(d) owasp-api:API2 pci-dss:8.3.2 soc2:CC6.1"),
    (
        "rate_limits.per-ip.on_store_failure",
        "local",
        "gdpr:32(1)(b) hipaa:164.308(a)(7)(ii)(C) owasp-api:API4 pci-dss:10.7.2 soc2:A1.2",
    ),
    (
        "routes./rates.get.plain_http",
        True,
        "gdpr:32(1)(a) gdpr:5(1)(f) hipaa:164.312(e)(1) owasp-api:API2 owasp-api:API8 pci-dss:1.2.5 "
        "pci-dss:2.2.5 pci-dss:2.2.7 pci-dss:4.2.1 pci-dss:8.3.2 soc2:CC6.7",
    ),
)
"""A key, what becomes of it, and every control whose verdict changes by it: to `not-satisfied` unless said."""


def edited(path: str, value: object) -> str:
    """The clean spec with one key removed or replaced."""
    data = yaml.safe_load(CLEAN)
    node = data
    steps = path.split(".")
    for step in steps[:-1]:
        node = node[step]
    if value is REMOVED:
        del node[steps[-1]]
    else:
        node[steps[-1]] = copy.deepcopy(value)
    if path == "defaults.require":
        del data["routes"]["/rates"]["get"]["without"]
    return yaml.safe_dump(data, sort_keys=False)


def test_the_clean_spec_meets_everything_it_can(report_of: MakeReport) -> None:
    """Nothing is left over but what no spec can show."""
    report = report_of(CLEAN)
    assert {v.verdict for v in report.verdicts} == {"satisfied", "declared-only", "not-assessed"}
    assert report.count("satisfied") == 81
    assert {f.id for f in report.frameworks} == {"pci-dss", "gdpr", "hipaa", "soc2", "owasp-api"}


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdicts on the clean spec."""
    folder = tmp_path_factory.mktemp("clean")
    shutil.copytree(DATA / "keys", folder / "keys")
    (folder / "seccfg.yaml").write_text(CLEAN)
    return verdicts(assemble(material(folder / "seccfg.yaml", all_well(), (), ALL_RULES, None), built_in()))


@pytest.mark.parametrize(("path", "value", "flips"), FLIPS, ids=[f"{path}={value!s:.12}" for path, value, _ in FLIPS])
def test_a_line_flips_exactly_its_controls(
    report_of: MakeReport, before: dict[str, str], path: str, value: object, flips: str
) -> None:
    """And no other."""
    after = verdicts(report_of(edited(path, value)))
    expected = dict(item.partition("=")[::2] for item in flips.split())
    changed = {control: verdict for control, verdict in after.items() if verdict != before[control]}
    assert changed == {control: verdict or "not-satisfied" for control, verdict in expected.items()}


def test_the_table_flips_every_verdict_a_spec_can_satisfy(report_of: MakeReport) -> None:
    """A control no edit changes would be satisfied by anything; those whose needs the language itself meets are named."""
    flipped = {item.partition("=")[0] for _, _, flips in FLIPS for item in flips.split()}
    satisfied = {control for control, verdict in verdicts(report_of(CLEAN)).items() if verdict == "satisfied"}
    assert satisfied - flipped == set(LANGUAGE.split())


LANGUAGE = """
pci-dss:1.4.2
pci-dss:2.2.4
pci-dss:3.3.1
pci-dss:7.2.2
pci-dss:7.3.1
pci-dss:7.3.2
pci-dss:7.3.3
pci-dss:8.2.1
pci-dss:8.3.1
pci-dss:8.6.2
pci-dss:10.2.1.4
pci-dss:10.2.2
gdpr:32(1)(d)
gdpr:32(4)
hipaa:164.308(a)(4)(ii)(B)
hipaa:164.312(a)(1)
hipaa:164.312(a)(2)(i)
hipaa:164.312(e)(2)(i)
soc2:C1.1
soc2:PI1.3
owasp-api:API1
owasp-api:API5
"""
"""Met by every spec that loads (default deny, hashed keys, subjects), by requests, or by rules that others test."""


def test_silencing_never_raises_a_verdict(report_of: MakeReport) -> None:
    """A finding that is ignored stays an accepted risk."""
    order = {verdict: number for number, verdict in enumerate(("not-satisfied", "partial", "not-assessed"))}
    text = CLEAN.replace(
        "    get:\n      auth: [partner]\n      allow: [{roles: [partner]}]",
        "    delete:\n      auth: [partner]\n      allow: authenticated",
    )
    loud = report_of(text)
    waiver = (
        "waivers:\n- {rule: AUTHZ001, at: routes./rates.delete.allow, reason: a trial, "
        "owner: team, expires: 2026-02-01}\n"
    )
    quiet = report_of(text + waiver)
    assert any(f.rule == "AUTHZ001" and f.ignored for f in quiet.findings)
    mine, theirs = verdicts(loud), verdicts(quiet)
    assert mine["pci-dss:7.2.2"] == theirs["pci-dss:7.2.2"] == "not-satisfied"
    assert next(v for v in quiet.verdicts if v.control.id == "7.2.2").accepted_risk
    for control, verdict in theirs.items():
        assert order.get(verdict, 3) <= order.get(mine[control], 3), control


def test_an_addressable_control_that_is_not_met_shows_its_reason(report_of: MakeReport) -> None:
    """That of the waiver, or that there is none; in every format. Others have nothing to say."""
    text = CLEAN.replace(
        "    get:\n      auth: [partner]\n      allow: [{roles: [partner]}]",
        "    delete:\n      auth: [partner]\n      allow: authenticated",
    )
    waiver = (
        "waivers:\n- {rule: AUTHZ001, at: routes./rates.delete.allow, reason: a trial of two weeks, "
        "owner: team, expires: 2026-02-01}\n"
    )
    for said, reason in ((text, "none in the spec"), (text + waiver, "a trial of two weeks")):
        report = report_of(said)
        (found,) = [v for v in report.verdicts if v.control.id == "164.308(a)(4)(ii)(B)"]
        assert found.verdict == "not-satisfied"
        assert found.justification.startswith(reason)
        for format_ in FORMATS:
            if format_ != "oscal-component":  # which says what holds, and nothing of the rest
                assert reason in render(report, format_).decode(), format_
    assert not any(v.justification for v in report.verdicts if v.control.class_ != "addressable")
    assert not any(v.justification for v in report_of(CLEAN).verdicts if v.verdict == "satisfied")


def test_a_rule_left_out_is_no_evidence(report_of: MakeReport) -> None:
    """What did not run holds nothing up."""
    report = report_of(CLEAN, selected=selection((), ("AUTHZ001",)))
    assert verdicts(report)["pci-dss:7.2.2"] == "partial"


def test_a_target_that_cannot_makes_it_partial_and_is_named(report_of: MakeReport) -> None:
    """Whether the gap is accepted or not; a gap that only refuses more changes nothing."""
    gap = Gap("tls-floor", ("tls", "min_version"), "unsupported", "the platform sets it", "1.0", True)
    narrow = Gap("tls-floor", ("tls", "min_version"), "approximate", "only 1.3", "1.3 only", False)
    weak = TargetSummary("weak", "0" * 64, (), ((gap, "accepted by team until 2027-01-01: so be it"),))
    strict = TargetSummary("strict", "0" * 64, (), ((narrow, "does not block"),))
    executed = Executed(True, all_well().observations, ("weak", "strict"), (), (("engine", "weak"),))
    report = report_of(CLEAN, executed, (weak, strict))
    assert verdicts(report)["pci-dss:4.2.1"] == "partial"
    found = next(v for v in report.verdicts if v.control.id == "4.2.1")
    assert found.targets == ("weak",)
    assert "weak" in found.why
    assert verdicts(report_of(CLEAN, executed, (strict,)))["pci-dss:4.2.1"] == "satisfied"


def test_a_delegated_gap_counts_unless_the_other_target_holds_it(report_of: MakeReport) -> None:
    """The named target must be in the report, without a gap at that place."""
    gap = Gap(
        "tls-floor", ("tls", "min_version"), "delegated", "by edge", "delegated to edge", False, delegated_to="edge"
    )
    inner = TargetSummary("inner", "0" * 64, (), ((gap, "does not block"),))
    edge = TargetSummary("edge", "0" * 64, (), ())
    executed = Executed(True, all_well().observations, ("inner", "edge"), (), (("engine", "inner"),))
    assert verdicts(report_of(CLEAN, executed, (inner,)))["pci-dss:4.2.1"] == "partial"
    assert verdicts(report_of(CLEAN, executed, (inner, edge)))["pci-dss:4.2.1"] == "satisfied"


def test_a_wrong_answer_makes_it_partial_and_names_the_target(report_of: MakeReport) -> None:
    """A request the engine lets pass and the reference refuses."""
    bad = Observation("GET /: no TLS", "GET", "/", "refuse 403 plain_http", (("engine", "pass 200"),), ("engine",))
    observations = {**dict(all_well().observations), "refuse:plain_http": (bad,)}
    executed = Executed(True, tuple(observations.items()), ("made-up",), (), (("engine", "made-up"),))
    report = report_of(CLEAN, executed)
    found = next(v for v in report.verdicts if v.control.id == "4.2.1")
    assert (found.verdict, found.targets) == ("partial", ("made-up",))


def test_without_requests_what_needs_them_is_not_satisfied(report_of: MakeReport) -> None:
    """It is partial, and the first line says that nothing ran."""
    report = report_of(CLEAN, Executed())
    for verdict in report.verdicts:
        if any(need.kind == "test" for need in verdict.control.needs):
            assert verdict.verdict in ("partial", "not-assessed"), verdict.control.id
    assert b"no request was executed" in render(report, "markdown").split(b"\n")[2]


def test_controls_of_data_nobody_handles_do_not_apply(report_of: MakeReport) -> None:
    """With the class named in the reason."""
    report = report_of(CLEAN.replace("data: [cardholder, personal]", "data: [prices]"))
    found = next(v for v in report.verdicts if v.control.id == "3.5.1")
    assert (found.verdict, found.why) == ("not-applicable", "no data of the class `cardholder` is handled")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("pci-dss:7.2.11", "no control `7.2.11` of PCI DSS 4.0.1"),
        ("pcidss", "no framework `pcidss`; did you mean `pci-dss`?"),
    ],
)
def test_a_tag_that_names_nothing_is_an_error(report_of: MakeReport, tag: str, said: str) -> None:
    """With its line."""
    with pytest.raises(InputError, match=r"seccfg\.yaml:9:\d+: `compliance`: ") as caught:
        report_of(CLEAN.replace("compliance: [pci-dss,", f"compliance: ['{tag}',"))
    assert said in str(caught.value)


def test_times_that_conflict_name_both_lines(report_of: MakeReport) -> None:
    """A shortest time of one framework and a longest of another."""
    report = report_of(CLEAN.replace("{min: 365d, hot: 90d, max: 400d}", "{min: 200d, hot: 90d, max: 200d}"))
    (conflict,) = report.conflicts
    assert "pci-dss:10.5.1" in conflict.message
    assert len({str(place) for place in conflict.places}) == 2


def test_the_same_spec_gives_the_same_bytes(report_of: MakeReport) -> None:
    """Whatever the format."""
    first, second = report_of(CLEAN), report_of(CLEAN)
    for format_ in FORMATS:
        assert render(first, format_) == render(second, format_), format_


def test_a_report_judges_nobody(report_of: MakeReport) -> None:
    """It prints counts of verdicts, those not assessed first, and no seal."""
    report = report_of(CLEAN)
    for format_ in FORMATS:
        text = render(report, format_).decode().lower()
        assert "compliant" not in text, format_
        assert "certified" not in text, format_
        if format_ in ("html", "markdown"):
            assert "37 of 148 controls not assessed; 0 not-satisfied" in text
        if format_ == "json":
            assert all(f'"{verdict}"' in text for verdict in VERDICTS)


FRAMEWORKS = {"PCI-DSS-4.0.1": "pci-dss", "GDPR": "gdpr", "HIPAA": "hipaa", "SOC2": "soc2", "OWASP-API-2023": "owasp-api"}


def test_a_rule_that_names_a_control_is_evidence_for_it() -> None:
    """What the page of a rule says under References, the mapping of that framework says too."""
    mapped = {
        (framework.id, control.id, need.name)
        for framework in built_in() for control in framework.controls for need in control.needs if need.kind == "rule"
    }  # fmt: skip
    named = [(FRAMEWORKS[ref.split(":", 1)[0]], ref.split(":", 1)[1], rule.id) for rule in lint_rules()
             for ref in rule.refs if ref.split(":", 1)[0] in FRAMEWORKS]  # fmt: skip
    assert [one for one in named if one not in mapped] == []
    assert len({rule for _, _, rule in mapped}) >= 100


def test_what_a_rule_finds_is_held_against_each_of_its_controls(tmp_path: Path) -> None:
    """One finding of every mapped rule: no control that names one of them is met."""
    shutil.copytree(DATA / "keys", tmp_path / "keys")
    (tmp_path / "seccfg.yaml").write_text(CLEAN)
    made = material(tmp_path / "seccfg.yaml", all_well(), (), ALL_RULES, None)
    at = Span("seccfg.yaml", 1, 1)
    for ignored, said in (("", "not-satisfied"), ("a trial", "not-satisfied")):
        findings = tuple(Finding(r.id, r.severity, f"{r.id} fires", at, ignored=ignored) for r in lint_rules())
        report = assemble(replace(made, findings=findings), built_in())
        for verdict in report.verdicts:
            if any(need.kind == "rule" for need in verdict.control.needs) and verdict.verdict != "not-applicable":
                assert verdict.verdict == said, verdict.control.id
                assert verdict.accepted_risk == bool(ignored)


def test_rules_alone_show_nothing_where_more_is_needed(report_of: MakeReport) -> None:
    """A rule about clients finds nothing where there are none: that is no evidence."""
    text = CLEAN[: CLEAN.index("clients:\n")] + CLEAN[CLEAN.index("sessions:\n") :]
    report = report_of(text)
    found = next(v for v in report.verdicts if (v.framework, v.control.id) == ("pci-dss", "7.2.5"))
    assert found.verdict == "not-applicable"
    assert set(found.quiet) == {"AUTH015", "AUTH016"}


def test_ids_are_those_of_the_standards() -> None:
    """No number is made up: every id stands in the list of its edition."""
    for framework in built_in():
        (path,) = (Path(__file__).parent / "ids").glob(f"{framework.id}-*.txt")
        known = path.read_text().split()
        assert [control.id for control in framework.controls if control.id not in known] == []


def test_needs_of_kind_test_are_requests_there_are() -> None:
    """`refuse:` is followed by a reason of the semantics."""
    from seccfg.ir.policy import DEFAULT_STATUS

    for name in ALL_TESTS:
        assert name == "allow" or name.removeprefix("refuse:") in DEFAULT_STATUS


BAD_MAPPINGS = {
    "controls: 1": "framework: x\nname: X\nedition: '1'\ncontrols: 1\n",
    "unknown check": "framework: x\nname: X\nedition: '1'\ncontrols: [{id: a, title: t, class: required, "
    "assessability: config, needs: [{check: tls-minimun, params: {at_least: '1.2'}}]}]\n",
    "unknown rule": "framework: x\nname: X\nedition: '1'\ncontrols: [{id: a, title: t, class: required, "
    "assessability: config, needs: [{rules: [AUTH004, AUTH999]}]}]\n",
    "needs at_least": "framework: x\nname: X\nedition: '1'\ncontrols: [{id: a, title: t, class: required, "
    "assessability: config, needs: [{check: tls-minimum}]}]\n",
    "twice": "framework: x\nname: X\nedition: '1'\ncontrols: [{id: a, title: t, class: required, assessability: declared}, "
    "{id: a, title: t, class: required, assessability: declared}]\n",
    "not YAML": "framework: [\n",
}


@pytest.mark.parametrize("name", BAD_MAPPINGS)
def test_a_mapping_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    """In one line, with the place."""
    path = tmp_path / "own.yaml"
    path.write_text(BAD_MAPPINGS[name])
    with pytest.raises(InputError, match=r"own\.yaml"):
        from_folder([str(path)])
