"""Auth methods as verifiers."""

from __future__ import annotations

from seccfg.findings import SpecPath
from seccfg.ir.policy import (
    AttrClaim,
    CertVerifier,
    IntrospectVerifier,
    Jwks,
    JwtVerifier,
    KeyVerifier,
    SecretRef,
    SourceMap,
    Verifier,
)
from seccfg.resolve import materials, values
from seccfg.resolve.materials import Files
from seccfg.spec import loader, scalars

RESERVED_CLAIMS = ("subject", "roles", "scopes")


class VerifierBuilder:
    """Makes verifiers of one spec; FileProblem leaves through `make` with the path of the key that names the file."""

    def __init__(self, spec: loader.Spec, files: Files, places: SourceMap) -> None:
        self._spec = spec
        self._files = files
        self._places = places
        declared = tuple(sorted(spec.roles or {}))
        self._default_asserts = declared if len(spec.auth or {}) == 1 else ()

    def make(self, name: str, method: loader.AuthMethod) -> Verifier:
        """
        The verifier of an auth method.

        Raises:
            FileProblem: a file it names does not hold what it should.
        """
        at: SpecPath = ("auth", name)
        pos = self._places.span(at)
        match method:
            case loader.Oidc() | loader.Jwt():
                return JwtVerifier(
                    name,
                    method.issuer,
                    tuple(method.audiences),
                    tuple(method.algorithms),
                    self._key_set(method),
                    values.places(method.in_),
                    scalars.duration_s(method.clock_skew),
                    None if method.max_token_age is None else scalars.duration_s(method.max_token_age),
                    self._asserts(method.asserts),
                    *self._claims(method),
                    self._clients(name),
                    pos,
                )
            case loader.Introspection():
                return IntrospectVerifier(
                    name,
                    method.issuer,
                    tuple(method.audiences),
                    method.endpoint,
                    self._secret(method.secret, (*at, "secret")),
                    method.client_id,
                    scalars.duration_s(method.cache),
                    values.places(method.in_),
                    scalars.duration_s(method.clock_skew),
                    None if method.max_token_age is None else scalars.duration_s(method.max_token_age),
                    self._asserts(method.asserts),
                    *self._claims(method),
                    self._clients(name),
                    pos,
                )
            case loader.ApiKey():
                file = method.keys.file
                records = () if file is None else materials.key_records(self._files[file], file, method.rotation)
                return KeyVerifier(
                    name,
                    values.places(method.in_),
                    self._secret(method.keys, (*at, "keys")),
                    records,
                    self._asserts(method.asserts),
                    pos,
                )
            case loader.Mtls():
                file = method.ca.file
                pem = "" if file is None else materials.certificate_authority(self._files[file], file)
                return CertVerifier(
                    name,
                    self._secret(method.ca, (*at, "ca")),
                    pem,
                    values.san_pattern(method.san.uri),
                    method.san.uri,
                    (method.host or "").lower(),
                    self._asserts(method.asserts),
                    tuple(sorted(method.gives.roles)) if method.gives is not None else (),
                    pos,
                )

    def _asserts(self, asserts: loader.Asserts | None) -> tuple[str, ...]:
        return self._default_asserts if asserts is None else tuple(sorted(set(asserts.roles)))

    def _secret(self, ref: loader.SecretRef, at: SpecPath) -> SecretRef:
        return SecretRef(ref.file or "", ref.env or "", self._places.span(at))

    def _key_set(self, method: loader.Oidc | loader.Jwt) -> Jwks:
        jwks = method.jwks
        if jwks is None:
            return Jwks("", "", (), scalars.duration_s("10m"), scalars.duration_s("1h"))
        keys = (
            () if jwks.file is None else materials.key_set(self._files[jwks.file], jwks.file, tuple(method.algorithms))
        )
        return Jwks(
            jwks.url or "", jwks.file or "", keys, scalars.duration_s(jwks.refresh), scalars.duration_s(jwks.max_stale)
        )

    def _claims(
        self, method: loader.Oidc | loader.Jwt | loader.Introspection
    ) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[AttrClaim, ...]]:
        claims = method.claims
        attributes = tuple(
            AttrClaim(name, values.claim_path(claims, name, ()))
            for name in sorted(claims or {})
            if name not in RESERVED_CLAIMS
        )
        return (
            values.claim_path(claims, "subject", ("sub",)),
            values.claim_path(claims, "roles", ()),
            values.claim_path(claims, "scopes", ("scope",)),
            attributes,
        )

    def _clients(self, name: str) -> tuple[tuple[str, str], ...]:
        clients = self._spec.clients or {}
        return tuple(sorted((key, client.client_id) for key, client in clients.items() if client.tokens == name))
