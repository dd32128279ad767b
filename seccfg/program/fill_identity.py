"""The prelude for credentials: what stands in a branch's places, what a token, a key or a certificate says, who it is.

The two primitives a host has for this, checking a signature and checking a certificate's chain, are joserfc and cryptography
here.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from joserfc import jwk
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry

from seccfg.ir.policy import (
    CertVerifier,
    CookiePlace,
    IntrospectVerifier,
    JwtVerifier,
    KeyRecord,
    KeyVerifier,
    Place,
    SanLiteral,
)
from seccfg.program.fill_head import Head, within
from seccfg.program.model import Branch, Method, Program
from seccfg.record import Record

__all__ = ["Identity", "TokenParts", "Who", "is_number", "pointed"]

_LIMIT = 2**53 - 1
_KINDS = {"RS": ("RSA", ""), "PS": ("RSA", ""), "ES256": ("EC", "P-256"), "ES384": ("EC", "P-384"), "ES512": ("EC", "P-521")}


class TokenParts(Record):
    """A token in pieces."""

    header: Mapping[str, object]
    payload: Mapping[str, object]
    message: bytes
    signature: bytes


class Who(Record):
    """The principal of a chosen alternative."""

    id: str
    method: str
    subject: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    client: str
    attributes: Mapping[str, object]
    from_text: bool
    """Attributes are texts still to be read (captures of a certificate)."""


class Identity:
    """The credentials of one request on one branch."""

    def __init__(self, program: Program, branch: Branch, head: Head) -> None:
        self._program = program
        self._branch = branch
        self._head = head
        self._methods = {method.name: method for method in program.methods}
        self.chosen: int | None = None
        self.who: Who | None = None
        """The principal, once an alternative was chosen."""

    # ----------------------------------------------------------------------------------------------------- places
    def filled(self, ident: str) -> list[str]:
        """Credentials in the place of that id, of any method of the program."""
        kind, _, name = ident.partition(" ")
        if kind == "bearer":
            lines = (line.partition(" ") for line in self._head.lines.get("authorization", []))
            return [rest for scheme, _, rest in lines if scheme.lower() == "bearer"]
        if kind == "header":
            return [piece for line in self._head.lines.get(name, []) for piece in line.split(",")]
        if kind == "query":
            return ["\ufffd" if value is None else value for key, value in self._head.query_pairs if key == name]
        pairs = (part.partition("=") for line in self._head.lines.get("cookie", []) for part in line.split(";"))
        return [value.strip(" \t") for key, _, value in pairs if key.strip(" \t") == name]

    @cached_property
    def presented(self) -> list[tuple[Place, str, str]]:
        """(place, credential, method or empty) of every filled place of the branch."""
        found = ((use, text) for use in self._branch.places for text in self.filled(use.id)[:1])
        return [(use.place, text, self._claimant(text, use.methods)) for use, text in found]

    @property
    def filled_twice(self) -> bool:
        return any(len(self.filled(use.id)) > 1 for use in self._branch.places)

    @property
    def from_cookie(self) -> bool:
        return any(isinstance(place, CookiePlace) for place, _, _ in self.presented)

    def _claimant(self, text: str, names: Iterable[str]) -> str:
        methods = [self._methods[name] for name in names]
        if len(methods) == 1 and not isinstance(methods[0].verifier, JwtVerifier):
            return methods[0].name
        parts = token_parts(text) if len(text) <= 8192 else None
        for method in methods:
            verifier = method.verifier
            if isinstance(verifier, JwtVerifier) and parts is not None and parts.payload.get("iss") == verifier.issuer:
                return method.name
            if parts is None and isinstance(verifier, IntrospectVerifier):
                return method.name
            if parts is None and isinstance(verifier, KeyVerifier) and text.split(".")[0] in {r.id for r in method.records}:
                return method.name
        return ""

    @property
    def unclaimed(self) -> str | None:
        """What the first credential nobody claims is taken for."""
        first = next(((place, text) for place, text, name in self.presented if not name), None)
        if first is None:
            return None
        names = next(use.methods for use in self._branch.places if use.place == first[0])
        keys = [isinstance(self._methods[name].verifier, KeyVerifier) for name in names]
        if all(keys):
            return "key"
        return "key" if any(keys) and token_parts(first[1]) is None else "token"

    def _credential(self, method: str) -> str:
        return next((text for _, text, name in self.presented if name == method), "")

    def size(self, method: str) -> int:
        """Characters of the credential the method claims."""
        return len(self._credential(method))

    # ----------------------------------------------------------------------------------------------------- tokens
    def token(self, method: str) -> TokenParts | None:
        """The token the method claims, in pieces."""
        return token_parts(self._credential(method))

    def claim(self, key: str) -> object:
        """The payload member that `method /pointer` leads to; `...` when there is none."""
        method, _, path = key.partition(" ")
        parts = self.token(method)
        return ... if parts is None else pointed(parts.payload, path)

    def signature(self, method: str) -> bool:
        """The signature is that of the one key of its id that fits its algorithm."""
        parts, verifier = self.token(method), self._methods[method].verifier
        if parts is None or not isinstance(verifier, JwtVerifier):
            return False
        alg, kid = str(parts.header.get("alg")), parts.header.get("kid")
        kty, curve = _KINDS.get(alg) or _KINDS.get(alg[:2]) or ("OKP", "Ed25519")
        fitting = []
        for key in verifier.jwks.keys:
            data = json.loads(key.json)
            fits = key.kty == kty and (not curve or data.get("crv") == curve)
            if key.kid == kid and fits and key.alg in ("", alg) and key.use in ("", "sig"):
                try:
                    fitting.append(jwk.import_key(data))
                except (JoseError, ValueError):
                    continue
        if len(fitting) != 1:
            return False
        try:
            return JWSRegistry.algorithms[alg].verify(parts.message, parts.signature, fitting[0])
        except (JoseError, ValueError):
            return False

    # ---------------------------------------------------------------------------------------- keys and certificates
    def record(self, method: str) -> KeyRecord | None:
        """The record the key fits."""
        text = self._credential(method)
        for record in self._methods[method].records:
            if text.startswith(f"{record.id}.") and text.isascii() and "." not in record.id:
                digest = hashlib.sha256(text.encode("ascii")).hexdigest()
                return record if hmac.compare_digest(digest, record.sha256) else None
        return None

    def key_address(self, method: str) -> bool:
        """The record may be used from the client's address."""
        record, client = self.record(method), self._head.client
        return record is not None and (not record.addresses or (client is not None and within(client, record.addresses)))

    def certificate_valid(self, method: str) -> bool:
        """Issued by the method's authority, valid now."""
        verifier = self._methods[method].verifier
        roots, sent = certificates(verifier.ca_pem) if isinstance(verifier, CertVerifier) else [], self._sent
        if not roots or not sent:
            return False
        now = datetime.datetime.fromtimestamp(self._head.request.now_s, datetime.UTC).replace(tzinfo=None)
        try:
            PolicyBuilder().store(Store(roots)).time(now).build_client_verifier().verify(sent[0], sent[1:])
        except (VerificationError, ValueError):
            return False
        return True

    @cached_property
    def _sent(self) -> list[x509.Certificate]:
        return certificates(self._head.request.certificate)

    def _san(self, method: Method) -> re.Match[str] | None:
        pattern = "".join(re.escape(p.text) if isinstance(p, SanLiteral) else "([^/]+)" for p in method.san)
        try:
            names = self._sent[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value if self._sent else ()
        except (x509.ExtensionNotFound, ValueError):
            return None
        uris = (name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))
        fitting = [match for uri in uris if (match := re.fullmatch(pattern, uri)) is not None]
        return fitting[0] if len(fitting) == 1 else None

    def san(self, name: str) -> str | None:
        """The only URI SAN that fits."""
        found = self._san(self._methods[name])
        return None if found is None else found.group()

    # -------------------------------------------------------------------------------------------------- principals
    def choose(self, alternative: int) -> None:
        """Every credential of that alternative is good: its first method gives the principal."""
        self.chosen = alternative
        self.who = self._who(self._branch.alternatives[alternative][0])

    @property
    def used_keys(self) -> bool:
        """A key is among the credentials of the chosen alternative."""
        names = () if self.chosen is None else self._branch.alternatives[self.chosen]
        return any(isinstance(self._methods[name].verifier, KeyVerifier) for name in names)

    def principal_id(self, name: str) -> str:
        """Id of the principal a method found."""
        found = self._who(name)
        return "" if found is None else found.id

    def _who(self, name: str) -> Who | None:
        method = self._methods[name]
        match method.verifier:
            case JwtVerifier() as jwt:
                parts = self.token(name)
                payload: Mapping[str, object] = {} if parts is None else parts.payload
                subject = str(_member(payload, jwt.subject_claim))
                client_id = payload["azp"] if "azp" in payload else payload.get("client_id")
                client = next((known for known, ident in jwt.clients if ident == client_id), "")
                values = ((a.name, _member(payload, a.path)) for a in jwt.attributes)
                return Who(
                    method.principal_prefix + subject, name, subject,
                    self._closed(method, _words(_member(payload, jwt.roles_claim)) if jwt.roles_claim else set()),
                    tuple(sorted(_words(_member(payload, jwt.scopes_claim)))) if jwt.scopes_claim else (), client,
                    {key: value for key, value in values if value is not None}, False,
                )  # fmt: skip
            case KeyVerifier():
                record = self.record(name)
                if record is None:
                    return None
                texts = ((key, json.loads(text)) for key, text in record.attributes)
                return Who(
                    method.principal_prefix + record.id, name, record.subject, self._closed(method, set(record.roles)),
                    tuple(sorted(set(record.scopes))), "", {k: v for k, v in texts if v is not None}, False,
                )  # fmt: skip
            case CertVerifier() as certificate:
                found = self._san(method)
                if found is None:
                    return None
                names = [part.capture for part in method.san if not isinstance(part, SanLiteral)]
                captures = {key: text for key, text in zip(names, found.groups(), strict=True) if key}
                roles = self._closed(method, set(certificate.roles))
                return Who(method.principal_prefix + found.group(), name, found.group(), roles, (), "", captures, True)
            case _:
                return None

    def _closed(self, method: Method, asserted: set[str]) -> tuple[str, ...]:
        gives = dict(self._program.roles)
        given = {role for name in asserted & set(method.asserts) for role in gives.get(name, ())}
        return tuple(sorted(given))


def token_parts(text: str) -> TokenParts | None:
    """*text* in pieces, None when it has not the shape of a signed token."""
    if re.fullmatch(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", text) is None:
        return None
    head, body, signature = text.split(".")
    try:
        raw = [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (head, body, signature)]
        header, payload = (json.loads(part.decode("utf-8"), parse_constant=_refuse) for part in raw[:2])
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        return None
    return TokenParts(header, payload, f"{head}.{body}".encode("ascii"), raw[2])


def _refuse(text: str) -> object:
    raise ValueError(text)


def pointed(root: object, pointer: str) -> object:
    """What a JSON pointer leads to, through objects only; `...` when there is nothing."""
    node = root
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or name not in node:
            return ...
        node = node[name]
    return node


def _member(payload: Mapping[str, object], path: Iterable[str]) -> object:
    node: object = payload
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def _words(value: object) -> set[str]:
    """Roles or scopes of a claim."""
    found = value.split(" ") if isinstance(value, str) else value
    if not isinstance(found, list) or any(not isinstance(word, str) for word in found):
        return set()
    return set(found) - {""}


def certificates(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text."""
    try:
        return list(x509.load_pem_x509_certificates(pem.encode("utf-8"))) if pem else []
    except ValueError:
        return []


def is_number(value: object) -> bool:
    """A number within +-(2^53 - 1)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_LIMIT <= value <= _LIMIT
