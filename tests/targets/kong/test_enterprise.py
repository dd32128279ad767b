"""`edition: enterprise`: client certificates by mtls-auth. The plugin is a model after its documentation, nothing here ran it."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from seccfg import api
from seccfg.analyse.requests import NOW_S
from seccfg.ir.policy import Policy
from seccfg.ir.request import Request, Surroundings
from seccfg.record import Record, replace
from seccfg.semantics.decide import decide
from seccfg.semantics.state import State
from seccfg.verify.run import verify_policy
from seccfg_kong import TARGET
from seccfg_kong.drift import DRIFT
from seccfg_kong.kongnode.config import read_configuration
from seccfg_kong.kongnode.flow import UpstreamRequest
from seccfg_kong.kongnode.gateway import Node, NodeOptions, UpstreamAnswer
from seccfg_kong.kongnode.http_server import RawRequest
from seccfg_kong.kongnode.schema_table import ENTERPRISE as PLUGINS
from seccfg_kong.kongnode.validation import validate

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ENTERPRISE = {"edition": '"enterprise"'}
NOW = datetime.datetime.fromtimestamp(NOW_S, datetime.UTC)
DAY = datetime.timedelta(days=1)
CALLER = "spiffe://mesh.example.com/ns/shop/sa/checkout"
FOR_CLIENTS, FOR_SERVERS = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
AUTHORITY_ID = "714ef57b-f4a4-50f8-9b5a-f3f32f734b9f"


class Issued(Record):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def issue(
    name: str, by: Issued | None, *names: x509.GeneralName, authority: bool = False, until: datetime.timedelta = 30 * DAY,
    uses: Sequence[x509.ObjectIdentifier] = (FOR_CLIENTS,),
) -> Issued:  # fmt: skip
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = key if by is None else by.key
    builder = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject if by is None else by.certificate.subject)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 60 * DAY).not_valid_after(NOW + until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )  # fmt: skip
    if authority:
        signs = dict.fromkeys(("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "encipher_only", "decipher_only"), False)  # fmt: skip
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **signs), critical=True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if uses and not authority:
        builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
    return Issued(builder.sign(above, hashes.SHA256()), key)


def uri(text: str = CALLER) -> x509.GeneralName:
    return x509.UniformResourceIdentifier(text)


@cache
def root() -> Issued:
    return issue("mesh", None, authority=True)


@cache
def presented() -> dict[str, tuple[str, bool]]:
    """What a client may hold, and whether it is let in with it."""
    between = issue("between", root(), authority=True)
    ends = issue("no authority", root(), uri())
    return {
        "good": (issue("a", root(), uri()).pem, True),
        "beside other names": (issue("a", root(), x509.DNSName("a.example.com"), uri(), uri("https://a.example.com/")).pem, True),
        "for both uses": (issue("a", root(), uri(), uses=(FOR_SERVERS, FOR_CLIENTS)).pem, True),
        "for any use": (issue("a", root(), uri(), uses=()).pem, True),
        "through an authority between": (issue("a", between, uri()).pem + between.pem, True),
        "its authority left out": (issue("a", between, uri()).pem, False),
        "issued by what is no authority": (issue("a", ends, uri()).pem + ends.pem, False),
        "for servers": (issue("a", root(), uri(), uses=(FOR_SERVERS,)).pem, False),
        "two names that fit": (issue("a", root(), uri(), uri(f"{CALLER}-2")).pem, False),
        "no URI": (issue("a", root(), x509.DNSName("a.example.com")).pem, False),
        "no names": (issue(CALLER, root()).pem, False),
        "too long a name": (issue("a", root(), uri(f"{CALLER}/more")).pem, False),
        "too short a name": (issue("a", root(), uri(CALLER.removesuffix("checkout"))).pem, False),
        "another name": (issue("a", root(), uri(CALLER.replace(".", "-"))).pem, False),
        "expired": (issue("a", root(), uri(), until=-DAY).pem, False),
        "another authority of that name": (issue("a", issue("mesh", None, authority=True), uri()).pem, False),
        "signed by itself": (issue("a", None, uri()).pem, False),
        "nothing": ("", False),
    }  # fmt: skip


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The mesh, with an authority of this module."""
    folder = tmp_path_factory.mktemp("mesh")
    shutil.copytree(EXAMPLES / "mesh" / "keys", folder / "keys")
    shutil.copy(EXAMPLES / "mesh" / "seccfg.yaml", folder)
    (folder / "keys" / "mesh-ca.pem").write_text(root().pem)
    return api.policy(api.load(str(folder / "seccfg.yaml")))


# ---------------------------------------------------------------------------------------------------- the engine alone
def answered(certificate: str, scheme: str = "https", **config: Any) -> tuple[int, str, bytes]:
    """Status, consumer and body of a route with mtls-auth as *config* says."""
    document: dict[str, Any] = {
        "_format_version": "3.0",
        "ca_certificates": [{"id": AUTHORITY_ID, "cert": root().pem}],
        "consumers": [{"username": "nobody"}, {"username": "known"}],
        "services": [{"name": "s", "url": "http://127.0.0.1:1", "routes": [{
            "name": "r", "paths": ["/"], "plugins": [{"name": "mtls-auth", "config": {
                "ca_certificates": [AUTHORITY_ID], "consumer_by": [], "default_consumer": "known", **config,
            }}],
        }]}],
    }  # fmt: skip
    assert validate(document, PLUGINS) == []
    assert [why for _, why in validate(document)] == [
        "plugin 'mtls-auth' not enabled; add it to the 'plugins' configuration property"
    ]

    def upstream(request: UpstreamRequest) -> UpstreamAnswer:
        return UpstreamAnswer(200, (), b"")

    request = RawRequest("GET", "/", (("Host", "a"),), scheme=scheme, now=float(NOW_S), certificate=certificate)
    found = Node(read_configuration(document), NodeOptions(), upstream).handle(request)
    return found.status or 0, found.consumer or "", found.body


def test_mtls_auth_knows_whom_its_authorities_issued(need_engine: Callable[[str, str], None]) -> None:
    need_engine("kong", "kong-model")
    good, foreign = presented()["good"][0], presented()["another authority of that name"][0]
    assert answered(good)[:2] == (200, "known")
    status, _, body = answered(foreign)
    assert (status, b"TLS certificate failed verification" in body) == (401, True)
    status, _, body = answered("")
    assert (status, b"No required TLS certificate was sent" in body) == (401, True)
    assert answered(good, "http")[0] == 401
    assert answered(foreign, anonymous="nobody")[:2] == (200, "nobody")
    assert answered("", anonymous="nobody")[:2] == (200, "nobody")
    assert answered(good, anonymous="nobody")[:2] == (200, "known")


@pytest.mark.parametrize("config", [{"consumer_by": ["username"]}, {"skip_consumer_lookup": True}, {"default_consumer": "gone"}])
def test_what_is_not_known_of_mtls_auth_is_closed(config: dict[str, Any], need_engine: Callable[[str, str], None]) -> None:
    need_engine("kong", "kong-model")
    assert answered(presented()["good"][0], **config)[0] == 500


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ({"ca_certificates": None}, "ca_certificates"), ({"ca_certificates": ["mesh"]}, "ca_certificates"),
        ({"revocation_check_mode": "NEVER"}, "revocation_check_mode"), ({"consumer_by": ["cn"]}, "consumer_by"),
        ({"allow_partial_chain": "false"}, "allow_partial_chain"), ({"ca": []}, "ca"),
    ],
)  # fmt: skip
def test_schema_of_mtls_auth(config: dict[str, object], where: str) -> None:
    given = {"ca_certificates": [AUTHORITY_ID], **config}
    plugin = {"name": "mtls-auth", "config": {key: value for key, value in given.items() if value is not None}}
    (problem,) = validate({"_format_version": "3.0", "plugins": [plugin]}, PLUGINS)
    assert where in problem[0] + problem[1]


# --------------------------------------------------------------------------------------------------------- what we emit
def test_the_mesh_is_decided_as_the_reference_decides(policy: Policy, need_engine: Callable[[str, str], None]) -> None:
    need_engine("kong", "kong-model")
    (engine,) = verify_policy(policy, {"kong": ENTERPRISE}, NOW.date().isoformat()).targets[0].engines
    assert not engine.failure
    assert engine.requests > 300
    assert [(d.scenario, d.number, d.fields) for d in engine.differences[:3]] == []


def test_certificates(policy: Policy, need_engine: Callable[[str, str], None]) -> None:
    """Every one is judged as the reference judges it, and who it is reaches the service."""
    need_engine("kong", "kong-model")
    output = TARGET.compile(policy, ENTERPRISE)
    engine = TARGET.engine("kong-model")
    engine.start({file.path: file.content for file in output.files}, {})
    engine.reset(Surroundings())
    for what, (pem, good) in presented().items():
        sent = Request(
            "GET", "/stock/A100", (("Host", "inventory.mesh.example.com"),), b"", peer="10.0.0.1", scheme="https", now_s=NOW_S,
            certificate=pem,
        )  # fmt: skip
        expected = decide(output.effective, sent, State(Surroundings()))
        answer = engine.answer(sent)
        assert (answer.status, answer.reason) == (expected.status, expected.reason), what
        assert (answer.status == 200) is good, what
        assert answer.headers == expected.headers or good, what
        if good:
            assert answer.forwarded == expected.forwarded, what
            assert ("x-caller", CALLER) in [(name.lower(), value) for name, value in answer.forwarded], what


def test_without_the_plugin_nobody_gets_in(policy: Policy, need_engine: Callable[[str, str], None]) -> None:
    """Nothing but the plugin's own word counts: taken off its route, the route is closed."""
    need_engine("kong", "kong-model")
    output = TARGET.compile(policy, ENTERPRISE)
    files = {file.path: file.content for file in output.files}
    document = yaml.safe_load(files["kong.yaml"])
    for service in document["services"]:
        for route in service["routes"]:
            route["plugins"] = [plugin for plugin in route["plugins"] if plugin["name"] != "mtls-auth"]
    engine = TARGET.engine("kong-model")
    engine.start({**files, "kong.yaml": yaml.safe_dump(document).encode()}, {})
    engine.reset(Surroundings())
    sent = Request(
        "GET", "/stock/A100", (("Host", "inventory.mesh.example.com"),), b"", peer="10.0.0.1", scheme="https", now_s=NOW_S,
        certificate=presented()["good"][0],
    )  # fmt: skip
    assert engine.answer(sent).reason == "invalid_certificate"


def test_gaps(policy: Policy) -> None:
    """The gap of the open-source edition is gone where the plugin is, and stays where it cannot be."""
    certificates = ("client-certificate", "client-certificate-chain", "certificate-beside-token")

    def told(**options: str) -> list[tuple[str, bool]]:
        found = TARGET.compile(policy, {key: f'"{value}"' for key, value in options.items()})
        assert ("name: mtls-auth" in next(f.content.decode() for f in found.files if f.path == "kong.yaml")) is (
            "client-certificate-chain" in {gap.id for gap in found.gaps}
        )
        return sorted((gap.id, gap.widens) for gap in found.gaps if gap.id in certificates)

    assert told() == [("client-certificate", False)]
    assert told(edition="enterprise") == [("certificate-beside-token", False), ("client-certificate-chain", True)]
    assert told(edition="enterprise", mode="plugin") == [("client-certificate", False)]
    assert told(edition="enterprise", prefer="native") == [("client-certificate", False)]


def test_drift_knows_the_authorities(policy: Policy) -> None:
    """One that changed is told, as is a plugin that asks another; a node as emitted has drifted nowhere."""
    files = {file.path: file.content for file in TARGET.compile(policy, ENTERPRISE).files}
    emitted = DRIFT.normal(files, files)
    assert emitted.foreign == ()
    changed = files["kong.yaml"].decode().replace(root().pem.splitlines()[3], "A" * 64)
    found = DRIFT.normal({"kong.yaml": changed.encode()}, files)
    assert found.tree["ca_certificates"] != emitted.tree["ca_certificates"]
    again = yaml.safe_load(DRIFT.emitted(emitted.tree, files)["kong.yaml"])
    assert again["ca_certificates"] == yaml.safe_load(files["kong.yaml"])["ca_certificates"]


def test_an_authority_kong_would_not_load(policy: Policy) -> None:
    """What is no CA stays a gap: such an entity would stop the whole file."""
    leaf = issue("mesh", None, uri()).pem
    closed = replace(policy, verifiers=tuple(
        replace(verifier, ca_pem=leaf) if verifier.name == "mesh" else verifier for verifier in policy.verifiers
    ))  # fmt: skip
    assert "client-certificate" in {gap.id for gap in TARGET.compile(closed, ENTERPRISE).gaps}
